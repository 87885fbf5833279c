//! The rules in force, and changing them.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderMap;
use ftl_core::command::Action;
use ftl_core::rules::Rules;
use serde_json::Value;

use super::Order;
use crate::app::App;
use crate::auth::Operator;
use crate::extract::Json;
use crate::problem::Problem;
use crate::wire::admin::{AdminAnswer, RulesAnswer, RulesRequest};

/// All of them.
#[utoipa::path(get, path = "/admin/rules", tag = "admin", responses((status = 200, body = RulesAnswer)), security(("operator" = [])))]
pub async fn show(State(app): State<App>, _: Operator) -> Result<Answer<RulesAnswer>, Problem> {
    app.replica.read(|league| Answer(RulesAnswer { seq: league.seq().0, rules: league.rules().clone() }))
}

/// Changes what is named; the rest stays.
#[utoipa::path(patch, path = "/admin/rules", tag = "admin", request_body = RulesRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn change(
    State(app): State<App>,
    _: Operator,
    headers: HeaderMap,
    Json { value: body, bytes }: Json<RulesRequest>,
) -> Result<Answer<AdminAnswer>, Problem> {
    let before = app.replica.read(|league| league.rules().clone())?;
    let mut merged = serde_json::to_value(&before).map_err(|_| Problem::internal())?;
    merge(&mut merged, &body.rules);
    let rules: Rules = serde_path_to_error::deserialize(merged).map_err(|error| {
        let path = error.path().to_string();
        Problem::invalid_field(format!("rules.{path}"), error.into_inner().to_string())
    })?;
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    // What is left out depends on the rules: a retry is known by what was said.
    order.carry_out(&app, &headers, &("rules", bytes.to_vec()), Action::SetRules(Box::new(rules))).await
}

/// RFC 7396, except that `null` is a value of a rule: it switches the rule off.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_what_it_names_and_null_switches_off() {
        let mut rules = json!({"seed": "1", "margin": {"leverage": 10, "warnBelow": 1}, "review": {"goal": 60}});
        merge(&mut rules, &json!({"margin": {"leverage": 5}, "review": null}));
        assert_eq!(rules, json!({"seed": "1", "margin": {"leverage": 5, "warnBelow": 1}, "review": null}));
    }
}
