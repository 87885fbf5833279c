//! What a sequence is played under: rules of either preset, as they are or bent, districts, teams.

use ftl_core::command::{AccountKind, Action, Footballer, Genesis, OpenAccount, Record};
use ftl_core::fixture::{Coverage, Position, Reported, Side};
use ftl_core::id::{BookId, District, FixtureId, InstrumentId};
use ftl_core::rules::{Formula, Rules, Settlement};
use ftl_core::time::{At, Span};
use ftl_core::units::{Bps, KMod, Money, Score};

use super::Workload;
use super::pitch::Match;
use crate::numbers::Numbers;

/// Name and version of the rulebook that is tried.
const RULEBOOK: &str = "standard/1";

/// The rules of a sequence and its teams.
pub struct Setting {
    pub rules: Rules,
    pub expected_accounts: u64,
    pub districts: Vec<District>,
    pub teams: Vec<Vec<Footballer>>,
}

impl Setting {
    pub fn drawn(numbers: &mut Numbers) -> Self {
        let expected_accounts = numbers.weighted(&[(6, 1_000), (1, 10_000), (1, 1_000_000)]);
        let mut rules = if numbers.chance(55) { Rules::fair(expected_accounts) } else { Rules::classic(expected_accounts) };
        if numbers.chance(60) {
            bend(numbers, &mut rules);
        }
        rules.boards.roi_min_positions = numbers.within(1, 5) as u32;
        rules.boards.roi_min_fixtures = numbers.within(0, 2) as u32;
        let districts = ["Kannur", "Kollam", "Wayanad"].map(District::from).to_vec();
        let teams =
            ["red", "blue", "green", "gold"].into_iter().take(numbers.within(2, 4) as usize).map(|name| team(numbers, name)).collect();
        Self { rules, expected_accounts, districts, teams }
    }
}

/// Rules nobody would play by for long, but which are rules: prices that swing, thin margins, costs.
fn bend(numbers: &mut Numbers, rules: &mut Rules) {
    if numbers.chance(50) {
        rules.margin.leverage = numbers.weighted(&[(2, 20), (2, 40), (1, 3)]);
        if numbers.chance(60) {
            rules.margin.gap_multiple = None;
        }
    }
    if let Formula::Martingale { weight, .. } = &mut rules.scoring.formula
        && numbers.chance(50)
    {
        *weight = Bps(numbers.weighted(&[(1, 2_000), (2, 4_000)]));
    }
    if numbers.chance(30) {
        rules.fee_bps = Bps(numbers.within(1, 30) as u32);
    }
    if numbers.chance(30) {
        rules.spread_bps = Bps(numbers.within(1, 60) as u32);
    }
    if numbers.chance(30) {
        rules.k_mod = KMod::from_units(numbers.weighted(&[(1, 37_000_003), (1, 1_000_003), (1, 4_999_999)]));
    }
    if numbers.chance(15) {
        rules.contract_size = numbers.weighted(&[(1, 1), (1, 7), (1, 1_000)]);
    }
    if numbers.chance(20) {
        rules.settlement = numbers.weighted(&[(1, Settlement::Mark), (1, Settlement::ClearingPrice)]);
    }
    if numbers.chance(20) {
        rules.dedup_window = Span::minutes(1 + numbers.below(3));
    }
    if numbers.chance(20) {
        rules.dedup_max = 1 + numbers.below(80) as u32;
    }
    if numbers.chance(20) {
        rules.seed = Money::from_units(numbers.weighted(&[(1, 0), (3, 500_000_000), (2, 100_000_000_000)]));
    }
    rules.boards.bots = numbers.chance(30);
}

/// A keeper, defenders, midfielders, a forward or two.
fn team(numbers: &mut Numbers, name: &str) -> Vec<Footballer> {
    let size = numbers.within(5, 7);
    (1..=size)
        .map(|shirt| {
            let position = match shirt {
                1 => Position::Goalkeeper,
                2 | 3 => Position::Defender,
                4 => Position::Midfielder,
                _ => numbers.weighted(&[(3, Position::Forward), (1, Position::Midfielder)]),
            };
            let record = numbers
                .chance(25)
                .then(|| Record { matches: numbers.below(40) as u32, average: Score::from_units(numbers.within(-1_000_000, 14_000_000)) });
            Footballer {
                instrument: InstrumentId::from(format!("{name}-{shirt}").as_str()),
                name: format!("{name} {shirt}"),
                team: name.into(),
                position,
                record,
            }
        })
        .collect()
}

/// Everything, less a few statistics; now and then what no live match may be served from.
pub fn coverage(numbers: &mut Numbers) -> Vec<Coverage> {
    use Reported::*;
    let all = [
        Goal,
        Assist,
        ShotOnTarget,
        KeyPass,
        Tackle,
        Interception,
        Clearance,
        Aerial,
        Save,
        InsideBox,
        PenaltySaved,
        Conceded,
        CleanSheet,
        OwnGoal,
        Yellow,
        Red,
        PenaltyMissed,
        PenaltyAwarded,
        Restart,
        VarCheck,
    ];
    let gaps = if numbers.chance(50) { 0 } else { numbers.within(5, 40) as u64 };
    let unusable = numbers.chance(4);
    let lag = Span::seconds(numbers.below(6));
    all.into_iter()
        .filter(|reported| match reported {
            PenaltyAwarded => !unusable,
            _ => !numbers.chance(gaps),
        })
        .map(|reported| Coverage { reported, lag: Some(lag) })
        .collect()
}

impl Workload {
    pub(super) fn genesis(&self) -> Genesis {
        Genesis {
            league: "proof".into(),
            rulebook: RULEBOOK.into(),
            expected_accounts: self.setting.expected_accounts,
            rules: self.setting.rules.clone(),
            districts: self.setting.districts.clone(),
        }
    }

    /// The league, its accounts, its first match.
    pub(super) fn plan_opening(&mut self) {
        let genesis = Action::FoundLeague(Box::new(self.genesis()));
        self.planned.push_back(genesis);
        for account in self.accounts.clone() {
            let opening = self.open_account(account);
            self.planned.push_back(opening);
            if self.numbers.chance(30) {
                let key = self.name("grant").as_str().into();
                let amount = Money::from_units(self.numbers.within(1, 20_000_000_000));
                self.planned.push_back(Action::Grant { book: BookId::season(account), amount, key });
            }
        }
        self.announce(0, 1);
        if self.setting.teams.len() == 4 && self.numbers.chance(70) {
            self.announce(2, 3);
        }
    }

    pub(super) fn open_account(&mut self, account: ftl_core::id::AccountId) -> Action {
        let district = self.numbers.pick(&self.setting.districts).cloned().unwrap_or_else(|| District::from("Kannur"));
        let kind = if self.numbers.chance(20) { AccountKind::Bot } else { AccountKind::Human };
        Action::OpenAccount(OpenAccount { account, district, kind })
    }

    /// Plans a match between two teams, and the line-ups of some.
    pub(super) fn announce(&mut self, home: usize, away: usize) {
        let fixture = FixtureId::from(self.name("match").as_str());
        let squads = [self.setting.teams[home].clone(), self.setting.teams[away].clone()];
        let prior_conceded = self.numbers.chance(30).then(|| (Score::from_units(900_000), Score::from_units(1_800_000)));
        self.planned.push_back(Action::CreateFixture(Box::new(ftl_core::command::CreateFixture {
            fixture: fixture.clone(),
            home: squads[0][0].team.clone(),
            away: squads[1][0].team.clone(),
            kick_off: At(self.at.0 + 600_000),
            coverage: coverage(&mut self.numbers),
            home_squad: squads[0].clone(),
            away_squad: squads[1].clone(),
            prior_conceded,
        })));
        for side in [Side::Home, Side::Away] {
            if self.numbers.chance(70) {
                let squad = &squads[side.index()];
                let starting = squad[..squad.len() - 1 - self.numbers.below(2) as usize].iter().map(|f| f.instrument.clone()).collect();
                self.planned.push_back(Action::SetLineUp { fixture: fixture.clone(), side, starting });
            }
        }
        self.matches.push(Match::of(fixture));
    }
}
