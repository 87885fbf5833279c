//! The reference page of events, made from the enum as it is written; a test holds the page against it.

/// `docs/reference/events.md`.
pub fn page() -> String {
    let rows: String = variants(include_str!("../event.rs")).iter().map(|(name, what)| format!("| `{name}` | {what} |\n")).collect();
    format!(
        "# Events\n\nWhat happened, as `ftl export events` and the stored outcomes name it. Made from the code; do not edit.\n\n\
         | event | |\n|---|---|\n{rows}"
    )
}

/// Wire name and description of every variant of `Event`, in order.
fn variants(source: &str) -> Vec<(String, String)> {
    let body = source.lines().skip_while(|line| !line.starts_with("pub enum Event {")).skip(1).take_while(|line| *line != "}");
    let mut what = String::new();
    let mut found = Vec::new();
    // Variants and their descriptions stand one level in, fields two.
    for line in body.filter_map(|line| line.strip_prefix("    ")).filter(|line| !line.starts_with(' ')) {
        if let Some(text) = line.strip_prefix("/// ") {
            what.push_str(if what.is_empty() { "" } else { " " });
            what.push_str(text);
        } else if line.starts_with(|first: char| first.is_ascii_uppercase()) {
            let name: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
            found.push((snake_case(&name), std::mem::take(&mut what)));
        }
    }
    found
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_of_events_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/events.md");
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, super::page()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, super::page(), "run it with UPDATE_REFERENCE=1 and commit the page");
    }

    #[test]
    fn every_event_is_described_under_its_wire_name() {
        let all = super::variants(include_str!("../event.rs"));
        assert!(all.iter().any(|(name, _)| name == "position_opened") && all.iter().all(|(_, what)| !what.is_empty()), "{all:?}");
        let warned = super::super::Event::MarginWarned { book: crate::id::BookId::season(crate::id::AccountId(1)) };
        assert!(serde_json::to_value(warned).unwrap().get("margin_warned").is_some());
    }
}
