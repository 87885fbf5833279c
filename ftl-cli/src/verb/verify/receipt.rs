//! The receipt of a fill: command, rules, inputs, arithmetic, outcome (R2.2, R1.2, R6.2), computed again from the curve
//! that the fill met.

use std::collections::BTreeMap;

use ftl_core::command::Action;
use ftl_core::event::{CloseReason, Event};
use ftl_core::id::{BookId, InstrumentIdx, OrderId, PositionId};
use ftl_core::instrument::Instrument;
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::rulebook::curve::notional;
use ftl_core::rulebook::{ConstantSlope, Curve, PricingCurve, Rounding};
use ftl_core::rules::{Rules, Settlement};
use ftl_core::state::State;
use ftl_core::units::{Direction, Lots, Money, Price};
use serde_json::{Value, json};

/// What opening and closing have in common.
pub struct Fill {
    pub position: PositionId,
    pub order: Option<OrderId>,
    book: BookId,
    instrument: InstrumentIdx,
    /// Of the position.
    side: Direction,
    lots: Lots,
    /// Signed: entry cost or exit value.
    value: Money,
    closed: Option<(CloseReason, Money)>,
}

/// Receipts of the fills of one entry that are `wanted`; `state` is the league before it.
pub fn of_entry(mut state: State, entry: &Entry, outcome: &Outcome, wanted: impl Fn(&Fill) -> bool) -> Vec<Value> {
    let mut receipts = Vec::new();
    // At a settlement everybody leaves at one price, that of the curve before the first one left.
    let mut settled: BTreeMap<InstrumentIdx, Curve> = BTreeMap::new();
    for event in &outcome.events {
        if let Some(fill) = fill_of(event)
            && let Some(instrument) = state.instrument(fill.instrument)
        {
            let now = Curve { base: instrument.base(), net: instrument.net };
            let curve = if fill.is_settled() { *settled.entry(fill.instrument).or_insert(now) } else { now };
            if wanted(&fill) {
                receipts.push(receipt(state.rules(), instrument, curve, &fill, entry, event));
            }
        }
        state.evolve(event);
    }
    receipts
}

impl Fill {
    fn is_settled(&self) -> bool {
        matches!(self.closed, Some((CloseReason::AutoExitFt | CloseReason::Deactivated, _)))
    }
}

fn fill_of(event: &Event) -> Option<Fill> {
    match event {
        Event::PositionOpened(e) => Some(Fill {
            position: e.position,
            order: Some(e.order),
            book: e.book,
            instrument: e.instrument,
            side: e.direction,
            lots: e.lots,
            value: e.entry_cost,
            closed: None,
        }),
        Event::PositionClosed(e) => Some(Fill {
            position: e.position,
            order: e.order,
            book: e.book,
            instrument: e.instrument,
            side: e.direction,
            lots: e.lots,
            value: e.exit_value,
            closed: Some((e.reason, e.pnl)),
        }),
        _ => None,
    }
}

fn receipt(rules: &Rules, instrument: &Instrument, curve: Curve, fill: &Fill, entry: &Entry, event: &Event) -> Value {
    let (formula, computed) = arithmetic(rules, curve, fill);
    let expected = computed.map(|value| value.to_string());
    let ok = expected.as_deref() == Some(fill.value.to_string().as_str()) || undone(fill);
    json!({
        "ok": ok,
        "seq": entry.seq,
        "at": entry.at,
        "command": {"id": entry.command.id, "action": name_of(&entry.command.action), "body": entry.command.action},
        "rules": {
            "preset": rules.preset, "kMod": rules.k_mod, "contractSize": rules.contract_size, "spreadBps": rules.spread_bps,
            "feeBps": rules.fee_bps, "settlement": rules.settlement,
        },
        "inputs": {
            "account": fill.book.account, "position": fill.position, "order": fill.order,
            "instrument": instrument.footballer.instrument, "liveBase": instrument.live_base, "bump": instrument.bump,
            "netBefore": curve.net, "direction": fill.side, "lots": fill.lots,
        },
        "arithmetic": {"formula": formula, "computed": expected},
        "outcome": event,
    })
}

/// A voided position closes at its entry cost: nothing is computed.
fn undone(fill: &Fill) -> bool {
    matches!(fill.closed, Some((CloseReason::Voided, _)))
}

/// The formula with its numbers, and its result, signed like the fill's value.
fn arithmetic(rules: &Rules, curve: Curve, fill: &Fill) -> (String, Option<Money>) {
    let signed = |value: Money| if fill.side == Direction::Long { value } else { -value };
    let shares = format!("{} lots × {}", fill.lots, rules.contract_size);
    match fill.closed {
        Some((reason @ (CloseReason::AutoExitFt | CloseReason::Deactivated), _)) => {
            let (price, what) = settled_at(rules, curve, reason);
            let value = Money::try_from(notional(rules, price, fill.lots)).ok().map(signed);
            (format!("{what} × {shares}"), value)
        }
        Some((CloseReason::Voided, _)) => ("voided: leaves at what it came in for".into(), None),
        Some(_) => (on_the_curve(curve, fill, -1, &shares, rules), fill_value(rules, curve, fill.side.opposite(), fill.lots).map(signed)),
        None => (on_the_curve(curve, fill, 1, &shares, rules), fill_value(rules, curve, fill.side, fill.lots).map(signed)),
    }
}

fn settled_at(rules: &Rules, curve: Curve, reason: CloseReason) -> (Price, String) {
    match rules.settlement {
        Settlement::Mark if reason == CloseReason::AutoExitFt => {
            let price = ConstantSlope::mark(rules, curve);
            (price, format!("mark {price} = {} + {} × {}", curve.base, rules.k_mod, curve.net))
        }
        Settlement::ClearingPrice | Settlement::Mark => {
            let price = ConstantSlope::clearing_price(rules, curve);
            (price, format!("clearing price {price} = {} + {} × {} / 2", curve.base, rules.k_mod, curve.net))
        }
    }
}

fn fill_value(rules: &Rules, curve: Curve, direction: Direction, lots: Lots) -> Option<Money> {
    ConstantSlope::fill_value(rules, curve, direction, lots, Rounding::against(direction)).ok()
}

/// R2.2: on average base + k × (net + d·q/2).
fn on_the_curve(curve: Curve, fill: &Fill, opening: i64, shares: &str, rules: &Rules) -> String {
    let sign = if fill.side.sign() * opening > 0 { "+" } else { "−" };
    format!("({} + {} × ({} {sign} {} / 2)) × {shares}, rounded against the trader", curve.base, rules.k_mod, curve.net, fill.lots)
}

/// The wire name of a command.
fn name_of(action: &Action) -> String {
    match serde_json::to_value(action) {
        Ok(Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// A receipt in lines.
pub fn as_text(receipt: &Value) -> String {
    let mut text = format!("fill of entry {} at {}\n", receipt["seq"], receipt["at"]);
    for part in ["command", "rules", "inputs"] {
        text += &format!("  {part}\n");
        for (key, value) in receipt[part].as_object().into_iter().flatten().filter(|(key, _)| *key != "body") {
            text += &format!("    {key:14} {}\n", plain(value));
        }
    }
    text += &format!("  arithmetic\n    {}\n", plain(&receipt["arithmetic"]["formula"]));
    text += &format!("    = {}\n", plain(&receipt["arithmetic"]["computed"]));
    text += "  outcome\n";
    for (name, fields) in receipt["outcome"].as_object().into_iter().flatten() {
        text += &format!("    {name}\n");
        for (key, value) in fields.as_object().into_iter().flatten() {
            text += &format!("      {key:12} {}\n", plain(value));
        }
    }
    let verdict = if receipt["ok"] == json!(true) { "agrees" } else { "DIFFERS from what is computed" };
    text + &format!("  {verdict}\n")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
