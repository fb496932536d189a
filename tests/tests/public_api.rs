//! The public surface of tenantry, held against a recorded one, so that no change of it goes unseen in a review.

use std::path::Path;
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
    let surface = public_api::Builder::from_rustdoc_json(target.join("doc/tenantry.json"))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .unwrap();
    insta::assert_snapshot!("public_api", surface.to_string());
}
