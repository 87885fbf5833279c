//! What a league is founded with when nobody says otherwise. Called by whatever founds one: replays, the demo, servers.

use crate::command::Genesis;
use crate::id::District;
use crate::rulebook::{Rulebook, Standard};
use crate::rules::{Preset, Rules};

/// R8.3.
pub const DISTRICTS: [&str; 14] = [
    "Alappuzha",
    "Ernakulam",
    "Idukki",
    "Kannur",
    "Kasaragod",
    "Kollam",
    "Kottayam",
    "Kozhikode",
    "Malappuram",
    "Palakkad",
    "Pathanamthitta",
    "Thiruvananthapuram",
    "Thrissur",
    "Wayanad",
];

impl Genesis {
    /// A league of the standard rulebook in the districts of R8.3.
    pub fn of(league: &str, preset: Preset, expected_accounts: u64) -> Self {
        Self {
            league: league.into(),
            rulebook: Standard::NAME.into(),
            expected_accounts,
            rules: Rules::of(preset, expected_accounts),
            districts: DISTRICTS.into_iter().map(District::from).collect(),
        }
    }
}
