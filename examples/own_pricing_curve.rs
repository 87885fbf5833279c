//! A league with a pricing curve of one's own: twice as stiff as the standard one.
//!
//! `cargo run --release -p ftl-examples --example own_pricing_curve`
//!
//! A rulebook is three types and a name. Genesis names it; a journal founded with another one is refused.

use ftl_core::rejection::Rejection;
use ftl_core::rulebook::{ConstantSlope, Curve, PricingCurve, Rounding, Rulebook, Standard, StatisticModel, WorstEventMargin};
use ftl_core::rules::Rules;
use ftl_core::units::{Direction, KMod, Lots, Money, Overflow, Price};
use ftl_examples::{League, market_order};

/// Every lot moves the price twice as far.
struct Stiff;

fn stiffened(rules: &Rules) -> Rules {
    Rules { k_mod: KMod::from_units(rules.k_mod.units().saturating_mul(2)), ..rules.clone() }
}

impl PricingCurve for Stiff {
    fn mark(rules: &Rules, curve: Curve) -> Price {
        ConstantSlope::mark(&stiffened(rules), curve)
    }
    fn fill_value(rules: &Rules, curve: Curve, direction: Direction, lots: Lots, rounding: Rounding) -> Result<Money, Overflow> {
        ConstantSlope::fill_value(&stiffened(rules), curve, direction, lots, rounding)
    }
    fn clearing_price(rules: &Rules, curve: Curve) -> Price {
        ConstantSlope::clearing_price(&stiffened(rules), curve)
    }
}

#[derive(Clone)]
struct StiffLeague;

impl Rulebook for StiffLeague {
    const NAME: &'static str = "stiff/1";
    type Pricing = Stiff;
    type Margin = WorstEventMargin;
    type Scoring = StatisticModel;
}

fn main() -> Result<(), Rejection> {
    println!("what three lots cost, on average a share:");
    let standard = League::<Standard>::founded(1)?;
    let stiff = League::<StiffLeague>::founded(1)?;
    let order = market_order(1, Direction::Long, Lots::from_units(300));
    println!("  standard curve {}", standard.state.quote(&order)?.position.entry_price);
    println!("  stiff curve    {}", stiff.state.quote(&order)?.position.entry_price);
    Ok(())
}
