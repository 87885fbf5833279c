//! The tempers of a season's traders: one row each, read by [`Trader`](super::trader::Trader). They are what a league
//! meets, not what anybody should do.

use crate::time::Span;

/// Which way somebody goes, and in whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A coin says.
    Coin,
    /// Mostly long, in anybody.
    Long,
    /// Long on his own side.
    OwnSide,
    /// With what moved by so many basis points in two minutes.
    With(i64),
    /// Against what moved by so many.
    Against(i64),
    /// Against the mark, where it is so many basis points from what the priors say.
    Value(i64),
}

/// A temper.
#[derive(Clone, Copy, Debug)]
pub struct Persona {
    /// A stable name for tables and JSON.
    pub code: &'static str,
    /// Of a thousand traders.
    pub share: u32,
    /// Looks between two decisions, from and to.
    pub gap: (u64, u64),
    /// Margin of a position in basis points of the free balance, from and to.
    pub size: (u64, u64),
    /// Positions and orders at a time.
    pub most: usize,
    /// See [`Way`].
    pub way: Way,
    /// Stop loss and take profit so many basis points from the mark.
    pub bracket: Option<(i64, i64)>,
    /// A limit order so many basis points better than the mark.
    pub limit: Option<u64>,
    /// A position is left once it is this old.
    pub hold: Span,
    /// Moves his stops after the mark.
    pub trails: bool,
    /// Trades on what he knows, or on nothing: see [`Kind`].
    pub kind: Kind,
}

/// Which group a persona is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Knows the priors and acts on them.
    Skilled,
    /// Acts on nothing: the league's yardstick.
    Random,
    /// All margin, no stop.
    Careless,
    /// Anybody else.
    Other,
}

/// Until full time.
const MATCH: Span = Span::minutes(600);

const BASE: Persona = Persona {
    code: "",
    share: 0,
    gap: (140, 420),
    size: (300, 1_500),
    most: 4,
    way: Way::Coin,
    bracket: None,
    limit: None,
    hold: MATCH,
    trails: false,
    kind: Kind::Other,
};

/// All, in the order of their accounts. The shares add up to a thousand.
pub const PERSONAS: [Persona; 12] = [
    Persona { code: "careless", share: 100, gap: (5, 60), size: (9_700, 9_800), most: 1, way: Way::Long, kind: Kind::Careless, ..BASE },
    Persona {
        code: "random",
        share: 160,
        gap: (84, 364),
        size: (300, 2_000),
        most: 4,
        hold: Span::minutes(15),
        kind: Kind::Random,
        ..BASE
    },
    Persona { code: "value", share: 80, gap: (84, 336), size: (500, 2_500), most: 5, way: Way::Value(40), kind: Kind::Skilled, ..BASE },
    Persona {
        code: "cautious",
        share: 130,
        size: (100, 400),
        most: 2,
        way: Way::Long,
        bracket: Some((150, 250)),
        hold: Span::minutes(40),
        ..BASE
    },
    Persona {
        code: "momentum",
        share: 100,
        gap: (42, 210),
        way: Way::With(30),
        bracket: Some((250, 500)),
        hold: Span::minutes(12),
        ..BASE
    },
    Persona { code: "contrarian", share: 90, gap: (42, 210), way: Way::Against(40), hold: Span::minutes(15), ..BASE },
    Persona {
        code: "scalper",
        share: 60,
        gap: (21, 98),
        size: (100, 500),
        most: 2,
        bracket: Some((60, 60)),
        hold: Span::minutes(2),
        ..BASE
    },
    Persona { code: "day_trader", share: 90, gap: (56, 252), size: (500, 2_000), most: 3, hold: Span::minutes(25), ..BASE },
    Persona { code: "holder", share: 60, gap: (280, 1_260), size: (1_000, 3_000), most: 4, way: Way::Long, ..BASE },
    Persona { code: "limits", share: 50, gap: (70, 280), most: 4, limit: Some(60), hold: Span::minutes(20), ..BASE },
    Persona { code: "brackets", share: 50, gap: (70, 280), bracket: Some((120, 240)), trails: true, ..BASE },
    Persona { code: "fan", share: 30, gap: (280, 980), size: (500, 2_000), way: Way::OwnSide, ..BASE },
];

/// The tempers of `n` traders, by number in [`PERSONAS`]: each in proportion however few there are.
pub(super) fn cast(n: u32) -> impl Iterator<Item = u8> {
    // Each next trader is of the temper that is the furthest behind its share.
    let mut owed = [0_i64; PERSONAS.len()];
    (0..n).map(move |_| {
        for (owed, persona) in owed.iter_mut().zip(&PERSONAS) {
            *owed = owed.saturating_add(i64::from(persona.share));
        }
        let next = (0_u8..).zip(&owed).max_by_key(|(n, owed)| (**owed, std::cmp::Reverse(*n))).map_or(0, |(n, _)| n);
        if let Some(owed) = owed.get_mut(usize::from(next)) {
            *owed = owed.saturating_sub(1_000);
        }
        next
    })
}
