//! A participant, and the development login.

use ftl_core::id::{AccountId, District};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use super::portfolio::PortfolioView;

/// `POST auth/dev`: development only.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevLogin {
    /// 1 to 32 characters; the same name is the same account.
    #[schema(example = "player-1")]
    pub name: String,
    /// One of the league's districts (R8.3).
    #[schema(example = "Kannur")]
    pub district: String,
}

/// `POST auth/dev/batch`: up to 1,000 logins at once.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevBatch {
    /// In order.
    pub accounts: Vec<DevLogin>,
}

/// A login.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginAnswer {
    /// The participant.
    #[schema(value_type = String)]
    pub account_id: AccountId,
    /// For `Authorization: Bearer`.
    pub token: String,
    /// When it ends.
    #[schema(value_type = String)]
    pub expires_at: Time,
}

/// The answer to `POST auth/dev/batch`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    /// In the order asked for.
    pub accounts: Vec<LoginAnswer>,
}

/// The answer to `POST ws/token`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketAnswer {
    /// For `?token=`; opens one stream.
    pub token: String,
    /// When it ends.
    #[schema(value_type = String)]
    pub expires_at: Time,
}

/// `GET me`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// Who.
    #[schema(value_type = String)]
    pub account_id: AccountId,
    /// As chosen at the login.
    pub name: String,
    /// Where he plays.
    #[schema(value_type = String)]
    pub district: District,
    /// Whether the league knows him yet; it does from the first command on.
    pub playing: bool,
    /// Barred from new orders.
    pub suspended: bool,
    /// His book; `null` before the first command.
    pub portfolio: Option<PortfolioView>,
}
