//! What is shown of each thing, in the words of the API.

use ftl_core::boards::Standing;
use ftl_core::id::{AccountId, BookId, FixtureId, PositionId};
use ftl_core::order::Order;
use ftl_core::position::Position;
use ftl_core::state::State;
use ftl_core::time::{At, Week};
use jiff::Timestamp;
use serde_json::{Value, json};

/// RFC 3339, UTC.
pub fn time(at: At) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).map_or_else(|_| at.0.to_string(), |time| time.to_string())
}

/// An account with its season book.
pub fn account(state: &State, id: AccountId) -> Option<Value> {
    let row = state.account(id)?;
    let book_id = BookId::season(id);
    let book = state.book(book_id)?;
    let portfolio = state.portfolio(book_id)?;
    let district = state.genesis().and_then(|genesis| genesis.districts.get(usize::from(row.district)));
    Some(json!({
        "account": id,
        "district": district,
        "kind": row.kind,
        "suspended": row.suspended,
        "balance": portfolio.balance,
        "equity": portfolio.equity,
        "used": portfolio.used,
        "reserved": portfolio.reserved,
        "free": portfolio.free,
        "levelBps": portfolio.level_bps,
        "realised": book.standing.season.realised,
        "closedPositions": book.standing.season.closed_positions,
        "week": week(state, &book.standing),
        "warned": book.warned,
        "grants": book.grants,
        "positions": state.positions_of(book_id).map(|position| open_position(state, position)).collect::<Vec<_>>(),
        "orders": state.orders_of(book_id).map(|order| resting(state, order)).collect::<Vec<_>>(),
    }))
}

/// What a book did in the week of the last entry.
fn week(state: &State, standing: &Standing) -> Value {
    let week = Week::of(state.at());
    let record = standing.week(week);
    json!({
        "begins": time(week.begins()),
        "realised": record.map(|record| record.realised).unwrap_or_default(),
        "closedPositions": record.map_or(0, |record| record.closed_positions),
    })
}

/// A position, open or not, with everything that happened to it.
pub fn position(state: &State, id: PositionId, way: Vec<Value>) -> Option<Value> {
    match state.position(id) {
        Some(row) => {
            let mut shown = open_position(state, row);
            shown["status"] = json!("open");
            shown["events"] = json!(way);
            Some(shown)
        }
        None if way.is_empty() => None,
        None => Some(json!({"position": id, "status": "closed", "events": way})),
    }
}

/// An instrument.
pub fn instrument(state: &State, slug: &str) -> Option<Value> {
    let row = state.find_instrument(slug)?;
    Some(json!({
        "instrument": row.footballer.instrument,
        "idx": row.idx,
        "name": row.footballer.name,
        "team": row.footballer.team,
        "playsAs": row.footballer.position,
        "active": row.active,
        "frozen": row.frozen,
        "mark": state.mark(row.idx),
        "settlement": state.settlement_price(row.idx),
        "liveBase": row.live_base,
        "bump": row.bump,
        "form": row.form,
        "net": row.net,
        "grossLong": row.gross_long,
        "grossShort": row.gross_short,
        "sideCap": row.side_cap,
        "fixture": state.fixture_of(row).map(|fixture| &fixture.id),
        "underReview": row.review.is_some(),
    }))
}

/// A fixture.
pub fn fixture(state: &State, id: &str) -> Option<Value> {
    let row = state.fixture(&FixtureId::from(id))?;
    let goals = [ftl_core::fixture::Side::Home, ftl_core::fixture::Side::Away].map(|side| row.goals(side));
    Some(json!({
        "fixture": row.id,
        "home": row.home,
        "away": row.away,
        "kickOff": time(row.kick_off),
        "phase": row.phase,
        "minute": row.display_minute().map(|minute| minute + 1),
        "clockMs": row.clock,
        "score": goals,
        "coverage": row.coverage,
        "squad": row.squad.iter().map(|p| json!({"instrument": p.slug, "side": p.side, "starts": p.starts})).collect::<Vec<_>>(),
        "events": row.events.iter().map(|listed| &listed.event).collect::<Vec<_>>(),
    }))
}

fn open_position(state: &State, row: &Position) -> Value {
    let receipt = state.position_receipt(row);
    json!({
        "position": row.id,
        "account": row.book.account,
        "instrument": state.instrument(row.instrument).map(|row| &row.footballer.instrument),
        "direction": row.direction,
        "lots": row.lots,
        "entryPrice": receipt.entry_price,
        "entryCost": row.entry_cost,
        "margin": receipt.margin,
        "mark": state.mark(row.instrument),
        "unrealised": state.unrealised(row),
        "stopLoss": row.stop_loss,
        "takeProfit": row.take_profit,
        "openedAt": time(row.opened_at),
    })
}

fn resting(state: &State, order: &Order) -> Value {
    json!({
        "order": order.id,
        "instrument": state.instrument(order.instrument).map(|row| &row.footballer.instrument),
        "action": order.action,
        "lots": order.lots,
        "placedAt": time(order.placed_at),
        "due": order.due.map(time),
    })
}
