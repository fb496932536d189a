//! The public surface of tenantry, held against a recorded one, so that no change of it goes unseen in a review.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fails with the difference. `INSTA_UPDATE=always` records the surface anew.
#[rustversion::attr(
    not(stable(1.95)),
    ignore = "what rustdoc tells programs has another format in each release"
)]
#[test]
fn the_public_surface_is_the_recorded_one() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let documented = Command::new(env!("CARGO"))
        .args([
            "rustdoc",
            "--quiet",
            "--package=tenantry",
            "--lib",
            "--all-features",
        ])
        .args(["--", "-Zunstable-options", "--output-format=json"])
        .env("RUSTDOC", workspace.join(".ci/rustdoc"))
        .current_dir(workspace)
        .output()
        .unwrap();
    assert!(
        documented.status.success(),
        "{}",
        String::from_utf8_lossy(&documented.stderr)
    );

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let told = target.join("doc/tenantry.json");
    let surface = surface(told.clone(), false);
    insta::assert_snapshot!("public_api", surface.join("\n"));
    insta::assert_snapshot!("public_traits", traits(&told, &surface));
}

/// The lines of the surface, perhaps with what is derived and what the compiler implements.
fn surface(told: PathBuf, whole: bool) -> Vec<String> {
    let surface = public_api::Builder::from_rustdoc_json(told)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(!whole)
        .omit_auto_derived_impls(!whole)
        .build()
        .expect("the surface that rustdoc has told");
    surface.items().map(ToString::to_string).collect()
}

/// The derived traits and those that the compiler implements, a type a line: with their methods they would be most of the surface.
fn traits(told: &Path, without: &[String]) -> String {
    let without: BTreeSet<&String> = without.iter().collect();
    let mut traits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in surface(told.to_owned(), true) {
        let Some((implemented, of)) = line.split_once(" for ") else {
            continue;
        };
        // Nobody can name these on a stable compiler.
        let is_hidden = ["Freeze", "StructuralPartialEq", "UnsafeUnpin"]
            .iter()
            .any(|it| implemented.ends_with(it));
        if line.starts_with("impl") && !without.contains(&line) && !is_hidden {
            let (of, bounds) = of.split_once(" where ").unwrap_or((of, ""));
            let name = implemented.rsplit(' ').next().unwrap_or(implemented);
            let name = ["core::marker::", "core::panic::unwind_safe::", "core::"]
                .iter()
                .find_map(|path| Some(name.replacen(path, "", 1)).filter(|short| short != name))
                .unwrap_or_else(|| name.to_owned());
            let bounds = if bounds.is_empty() {
                String::new()
            } else {
                format!(" where {bounds}")
            };
            traits
                .entry(of.to_owned())
                .or_default()
                .insert(name + &bounds);
        }
    }
    let lines = traits.into_iter().map(|(of, traits)| {
        let traits: Vec<String> = traits.into_iter().collect();
        format!("{of}: {}", traits.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n")
}
