//! Names folded: what is left of them where files spell one person or one team in several ways.
//!
//! `deunicode` writes every script in ASCII ("Mbappé" is "Mbappe", "Ødegaard" is "Odegaard"); case, hyphens and full
//! stops go as well. Folded names are compared and never stored, so another version of the table renames nobody.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The words of a name, folded: "Kylian Mbappé" is `kylian`, `mbappe`; "A. Fathi" is `a`, `fathi`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let spelled = name.replace('&', " and ");
    for c in spelled.chars() {
        // What stands for no letter ends a word, an apostrophe does not: "N'Golo" is one.
        let ascii = deunicode::deunicode_char(c).unwrap_or(" ");
        for c in ascii.chars() {
            if c.is_ascii_alphanumeric() {
                word.push(c.to_ascii_lowercase());
            } else if c != '\'' && c != '`' && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A slug of at most `most` characters: the words with hyphens between them, cut between two words where it can be.
pub(super) fn slug(name: &str, most: usize) -> String {
    let mut slug = String::new();
    for word in words(name) {
        let room = most.saturating_sub(slug.len());
        if slug.is_empty() {
            slug.push_str(word.get(..room.min(word.len())).unwrap_or_default());
        } else if word.len().saturating_add(1) <= room {
            slug.push('-');
            slug.push_str(&word);
        } else {
            break;
        }
    }
    slug
}

/// Whether `short` names the bearer of `long`: each of its words is, in order, one of the other's or the initial of one,
/// one of them whole; and the other is longer.
pub(super) fn is_short_for(short: &[String], long: &[String]) -> bool {
    let letters = |words: &[String]| words.iter().map(String::len).fold(0, usize::saturating_add);
    if letters(short) >= letters(long) || short.len() > long.len() {
        return false;
    }
    let mut rest = long.iter();
    let mut whole = false;
    for word in short {
        let meets = |other: &&String| *other == word || (word.len() == 1 && other.starts_with(word.as_str()));
        let Some(other) = rest.find(meets) else { return false };
        whole = whole || (other == word && word.len() > 1);
    }
    whole
}

/// Names that files give one team, and the one that it bears here.
const ALIASES: [(&str, &str); 44] = [
    ("USA", "United States"),
    ("US", "United States"),
    ("United States of America", "United States"),
    ("Bosnia-Herzegovina", "Bosnia and Herzegovina"),
    ("Bosnia & Herzegovina", "Bosnia and Herzegovina"),
    ("Bosnia", "Bosnia and Herzegovina"),
    ("Côte d'Ivoire", "Ivory Coast"),
    ("Korea Republic", "South Korea"),
    ("Republic of Korea", "South Korea"),
    ("Korea", "South Korea"),
    ("Korea DPR", "North Korea"),
    ("DPR Korea", "North Korea"),
    ("IR Iran", "Iran"),
    ("Islamic Republic of Iran", "Iran"),
    ("Türkiye", "Turkey"),
    ("Czechia", "Czech Republic"),
    ("Cabo Verde", "Cape Verde"),
    ("Cape Verde Islands", "Cape Verde"),
    ("Congo DR", "DR Congo"),
    ("D.R. Congo", "DR Congo"),
    ("Democratic Republic of the Congo", "DR Congo"),
    ("China PR", "China"),
    ("Holland", "Netherlands"),
    ("The Netherlands", "Netherlands"),
    ("FYR Macedonia", "North Macedonia"),
    ("Macedonia", "North Macedonia"),
    ("Ireland", "Republic of Ireland"),
    ("Éire", "Republic of Ireland"),
    ("Irish Free State", "Republic of Ireland"),
    ("Soviet Union", "USSR"),
    ("West Germany (FRG)", "West Germany"),
    ("Germany FR", "West Germany"),
    ("FR Germany", "West Germany"),
    ("Germany DR", "East Germany"),
    ("GDR", "East Germany"),
    ("UAE", "United Arab Emirates"),
    ("Trinidad & Tobago", "Trinidad and Tobago"),
    ("Serbia & Montenegro", "Serbia and Montenegro"),
    ("FR Yugoslavia", "Yugoslavia"),
    ("Swaziland", "Eswatini"),
    ("Hong Kong, China", "Hong Kong"),
    ("Chinese Taipei", "Taiwan"),
    ("Curacao", "Curaçao"),
    ("Great Britain & Northern Ireland", "Great Britain"),
];

/// The name that a team bears here.
pub(super) fn team(name: &str) -> String {
    static FOLDED: LazyLock<BTreeMap<Vec<String>, &str>> =
        LazyLock::new(|| ALIASES.iter().map(|(alias, team)| (words(alias), *team)).collect());
    FOLDED.get(&words(name)).map_or_else(|| name.to_owned(), |team| (*team).to_owned())
}

/// What a team is known by: its name here, folded.
pub(super) fn team_key(name: &str) -> String {
    words(&team(name)).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_to_their_words() {
        for (name, folded) in [
            ("Kylian Mbappé", "kylian mbappe"),
            ("A. Fathi", "a fathi"),
            ("Martin Ødegaard", "martin odegaard"),
            ("Son Heung-Min", "son heung min"),
            ("N'Golo Kanté", "ngolo kante"),
            ("İlkay Gündoğan", "ilkay gundogan"),
            ("Łukasz Fabiański", "lukasz fabianski"),
            ("Großkreutz", "grosskreutz"),
            ("Bosnia & Herzegovina", "bosnia and herzegovina"),
            ("—", ""),
        ] {
            assert_eq!(words(name).join(" "), folded, "{name}");
        }
    }

    #[test]
    fn a_short_name_is_part_of_a_longer_one_in_order() {
        let short = |short: &str, long: &str| is_short_for(&words(short), &words(long));
        assert!(short("Mbappé", "Kylian Mbappé"));
        assert!(short("Doan", "Ritsu Doan"));
        assert!(short("A. Fathi", "Ahmed Fathi"));
        assert!(short("J.J. Okocha", "Jay-Jay Okocha"));
        assert!(!short("Kylian Mbappé", "Mbappé"), "the longer is not short for the shorter");
        assert!(!short("B. Fathi", "Ahmed Fathi"), "another initial");
        assert!(!short("A.", "Ahmed Fathi"), "an initial alone");
        assert!(!short("Fathi", "Fathy Ahmed"), "another spelling");
        assert!(!short("Hassan Ali", "Ali Hassan Omar"), "another order");
        assert!(!short("Mbappé", "Mbappe"), "the same");
    }

    #[test]
    fn teams_have_one_name() {
        assert_eq!(team("USA"), "United States");
        assert_eq!(team_key("Bosnia & Herzegovina"), team_key("Bosnia and Herzegovina"));
        assert_eq!(team_key("Brighton & Hove Albion"), team_key("Brighton and Hove Albion"));
        assert_eq!(team("Bayern München"), "Bayern München");
    }

    #[test]
    fn a_slug_is_cut_between_words() {
        assert_eq!(slug("Bosnia & Herzegovina", 64), "bosnia-and-herzegovina");
        assert_eq!(slug("Bosnia & Herzegovina", 12), "bosnia-and");
        assert_eq!(slug("Wolverhampton", 6), "wolver");
    }
}
