//! The frame of all pages.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::sessions::Visitor;

/// Returns a whole page.
pub(crate) fn page(title: &str, visitor: Option<&Visitor>, content: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Tasks" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header {
                    a.brand href="/" { "Tasks" }
                    nav aria-label="Account" {
                        @if let Some(visitor) = visitor {
                            @if visitor.is_operator { a href="/operator" { "All workspaces" } }
                            span { (visitor.email) }
                            form method="post" action="/logout" { button.quiet { "Log out" } }
                        } @else {
                            a href="/login" { "Log in" }
                            a href="/signup" { "Sign up" }
                        }
                    }
                }
                main #content { (content) }
            }
        }
    };
    Html(page.into_string())
}

/// Returns a page that says what went wrong.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! {
        h1 { (title) }
        p { (text) }
        p { a href="/" { "Back to the start" } }
    };
    (status, page(title, None, &content)).into_response()
}

/// Returns a field of a form, with its label.
pub(crate) fn field(name: &str, label: &str, kind: &str, autocomplete: &str) -> Markup {
    html! {
        p.field {
            label for=(name) { (label) }
            input id=(name) name=(name) type=(kind) autocomplete=(autocomplete) required;
        }
    }
}
