//! Examples of single rules on the engine, with figures that can be worked out by hand.

mod in_play;
mod margin;
mod pricing;
mod refusals;
