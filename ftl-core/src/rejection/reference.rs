//! The reference page of rejections, made from the catalogue; a test holds the page against it.

use super::{Rejection, RejectionKind};

/// `docs/reference/rejections.md`.
pub fn page() -> String {
    let row = |(code, kind, title): &(&str, RejectionKind, &str)| {
        let status = match kind {
            RejectionKind::Missing => 404,
            RejectionKind::Malformed => 400,
            RejectionKind::Conflict => 409,
            RejectionKind::Rule => 422,
        };
        format!("| `{code}` | {status} | {title} |\n")
    };
    let rows: String = Rejection::CATALOGUE.iter().map(row).collect();
    format!(
        "# Rejections\n\nWhy a command is refused, in the order of the checks. Made from the code; do not edit.\n\n\
         | code | HTTP status | |\n|---|---|---|\n{rows}"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_of_rejections_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/rejections.md");
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, super::page()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, super::page(), "run it with UPDATE_REFERENCE=1 and commit the page");
    }

    #[test]
    fn codes_are_stable_snake_case_and_each_once() {
        let codes: std::collections::BTreeSet<&str> = super::Rejection::CATALOGUE.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes.len(), super::Rejection::CATALOGUE.len());
        assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }
}
