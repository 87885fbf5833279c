//! The whole server on one page: every route, its area, and what it passes.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;
use crate::config::Role;
use crate::middleware;
use crate::routes::{
    activity, admin, auth, boards, console, events, fixtures, health, history, instruments, me, orders, positions, while_away, ws,
};

/// What the description says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(title = "FTL", description = "A live-sports trading league: footballers' prices, and positions in them."),
    modifiers(&Credentials),
    components(schemas(crate::problem::ProblemBody))
)]
struct Description;

struct Credentials;

impl utoipa::Modify for Credentials {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = |text: &str| SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build());
        components.add_security_scheme("bearer", bearer("A participant's token, of a login."));
        components.add_security_scheme("operator", bearer("OPERATOR_TOKEN."));
    }
}

/// Every route of this process's role behind every layer.
pub fn router(app: &App) -> Router {
    let (routes, description) = described(app.config.role).split_for_parts();
    let docs = SwaggerUi::new("/api/docs").url("/api/openapi.json", description);
    let routes = match app.config.role {
        Role::All | Role::Api => routes.merge(console::routes()),
        Role::Ws | Role::Feed | Role::Flusher => routes,
    };
    let routes = routes.with_state(app.clone()).merge(docs);
    middleware::wrap(app, routes)
}

/// The OpenAPI description, as `/api/openapi.json` serves it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described(Role::All).into_openapi()
}

fn described(role: Role) -> OpenApiRouter<App> {
    let trading = OpenApiRouter::new()
        .routes(routes!(positions::quote))
        .routes(routes!(positions::open))
        .routes(routes!(positions::list))
        .routes(routes!(positions::modify, positions::close))
        .routes(routes!(orders::list))
        .routes(routes!(orders::one, orders::cancel))
        .routes(routes!(me::portfolio))
        .routes(routes!(history::ledger))
        .routes(routes!(history::trades))
        .routes(routes!(while_away::while_away));

    let market = OpenApiRouter::new()
        .routes(routes!(instruments::list))
        .routes(routes!(instruments::one))
        .routes(routes!(instruments::price_history))
        .routes(routes!(fixtures::list))
        .routes(routes!(fixtures::one))
        .routes(routes!(fixtures::squads))
        .routes(routes!(fixtures::events))
        .routes(routes!(boards::leaderboard))
        .routes(routes!(boards::districts))
        .routes(routes!(boards::district))
        .routes(routes!(boards::risk))
        .routes(routes!(activity::activity));

    let people =
        OpenApiRouter::new().routes(routes!(auth::dev)).routes(routes!(auth::batch)).routes(routes!(auth::ticket)).routes(routes!(me::me));

    let operator = OpenApiRouter::new()
        .routes(routes!(health::admin))
        .routes(routes!(admin::fixtures::create))
        .routes(routes!(admin::fixtures::line_up))
        .routes(routes!(admin::fixtures::clock))
        .routes(routes!(admin::fixtures::phase))
        .routes(routes!(admin::fixtures::finish))
        .routes(routes!(admin::fixtures::finalise))
        .routes(routes!(admin::fixtures::abandon))
        .routes(routes!(admin::fixtures::postpone))
        .routes(routes!(admin::fixtures::report))
        .routes(routes!(admin::fixtures::correct, admin::fixtures::take_back))
        .routes(routes!(admin::instruments::freeze))
        .routes(routes!(admin::instruments::unfreeze))
        .routes(routes!(admin::instruments::deactivate))
        .routes(routes!(admin::accounts::suspend))
        .routes(routes!(admin::accounts::readmit))
        .routes(routes!(admin::accounts::grant))
        .routes(routes!(admin::accounts::void))
        .routes(routes!(admin::rules::show, admin::rules::change))
        .routes(routes!(admin::quarantine::quarantine))
        .routes(routes!(admin::engine::switch))
        .routes(routes!(admin::processes::list))
        .routes(routes!(admin::processes::presence))
        .routes(routes!(admin::replays::start, admin::replays::list))
        .routes(routes!(admin::replays::stop));

    let imports = OpenApiRouter::new().routes(routes!(admin::imports::import)).layer(DefaultBodyLimit::max(admin::imports::BODY_LIMIT));

    let streams = OpenApiRouter::new().routes(routes!(events::events)).routes(routes!(ws::description));
    let api = match role {
        Role::All | Role::Api => trading.merge(market).merge(people).merge(streams).merge(operator).merge(imports),
        Role::Ws => market.merge(streams),
        Role::Feed => operator.merge(imports),
        Role::Flusher => OpenApiRouter::new(),
    };
    let sockets = match role {
        Role::All | Role::Ws => OpenApiRouter::new().routes(routes!(ws::ws)),
        Role::Api | Role::Feed | Role::Flusher => OpenApiRouter::new(),
    };
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api", api)
        .merge(sockets)
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}
