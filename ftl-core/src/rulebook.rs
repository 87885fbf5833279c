//! What embedders replace: the pricing curve, the margin policy, the scoring model, gathered with static dispatch.
//!
//! The engine calls these and nothing else for a price, a margin or a form. Genesis names the rulebook; a journal
//! founded with another one is refused.

pub mod curve;
pub mod margin;
pub mod scoring;

pub use curve::{ConstantSlope, Curve, PricingCurve, Rounding};
pub use margin::{MarginPolicy, WorstEventMargin};
pub use scoring::{Appearance, ScoringModel, StatisticModel};

/// A league's mathematics.
pub trait Rulebook: Clone + Send + Sync + 'static {
    /// Name and version, as genesis has it.
    const NAME: &'static str;
    /// From imbalance to price.
    type Pricing: PricingCurve;
    /// From price to margin.
    type Margin: MarginPolicy;
    /// From the pitch to form.
    type Scoring: ScoringModel;
}

/// The rulebook of rules R2, R3 and R4.7.
#[derive(Clone, Copy, Debug)]
pub struct Standard;

impl Rulebook for Standard {
    const NAME: &'static str = "standard/1";
    type Pricing = ConstantSlope;
    type Margin = WorstEventMargin;
    type Scoring = StatisticModel;
}
