use super::*;

/// A root that signs nothing: its key is gone.
const ROOT: &str = include_str!("root.pem");

fn whole(bundle: &str) -> bool {
    is_whole(bundle.as_bytes())
}

#[test]
fn a_bundle_may_hold_comments_and_several_roots() {
    assert!(whole(ROOT) && whole(&format!("# Roots\n{ROOT}\n# More of them\n{ROOT}")));
}

#[test]
fn a_bundle_with_anything_that_is_no_root_is_not_used() {
    let cut = ROOT.replace("MIIB", "MIIC");
    assert_ne!(cut, ROOT);
    let bundles = ["", "no certificates", &cut, &format!("{ROOT}{cut}")];
    assert!(bundles.iter().all(|bundle| !whole(bundle)));
}

/// Where a trust store looks is only to be seen in its form for debugging.
fn asks_the_platform(store: &TrustStore) -> bool {
    format!("{store:?}").contains("enable_native_roots: true")
}

#[test]
fn the_platform_is_asked_unless_there_is_a_bundle_and_nobody_names_another_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let missing = folder.join("no-such-bundle");
    let no_bundle = folder.join("lib.rs");
    let bundle = folder.join("https/root.pem");
    let nobody = Env::from(|_| None);
    assert!(!asks_the_platform(&trusted(&nobody, &[&missing, &bundle])));
    assert!(asks_the_platform(&trusted(&nobody, &[&missing])));
    assert!(asks_the_platform(&trusted(&nobody, &[&missing, &no_bundle])));
    for variable in ROOTS_ELSEWHERE {
        let somebody = Env::from(move |name| (name == variable).then(|| "/elsewhere".to_owned()));
        assert!(asks_the_platform(&trusted(&somebody, &[&bundle])));
    }
}
