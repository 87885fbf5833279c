//! `docs/reference/asyncapi.yaml` describes every frame and every field: what a session says and is told is held against it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::client::Client;
use crate::events::Frames;
use crate::harness::Harness;
use crate::while_away::Absence;

const DOCUMENT: &str = include_str!("../../../../docs/reference/asyncapi.yaml");

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The messages of one operation.
struct Described {
    messages: BTreeMap<String, Validator>,
    /// What came, by message and by what tells its kinds apart.
    seen: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Described {
    fn of(operation: &str) -> Self {
        let document: Value = serde_saphyr::from_str(DOCUMENT).unwrap();
        assert_eq!(document["asyncapi"], "3.0.0");
        let listed = document["operations"][operation]["messages"].as_array().unwrap();
        let validator = |reference: &Value| {
            // Of the channel, which has it of the components.
            let of_channel = document.pointer(reference["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap();
            let place = of_channel["$ref"].as_str().unwrap();
            let schema = json!({"$ref": format!("{place}/payload"), "components": document["components"]});
            let name = place.rsplit('/').next().unwrap().to_owned();
            (name, jsonschema::draft202012::new(&schema).unwrap())
        };
        Self { messages: listed.iter().map(validator).collect(), seen: BTreeMap::new() }
    }

    fn names_of(&self, frame: &Value) -> Vec<&str> {
        self.messages.iter().filter(|(_, validator)| validator.is_valid(frame)).map(|(name, _)| name.as_str()).collect()
    }

    /// Takes note of a frame; it must be one of the messages, and one only.
    fn take(&mut self, frame: Value) {
        let names = self.names_of(&frame);
        let [name] = names[..] else {
            let kind = frame["type"].as_str().unwrap_or_default();
            let why =
                self.messages.get(kind).map(|validator| validator.iter_errors(&frame).map(|error| error.to_string()).collect::<Vec<_>>());
            panic!("{frame} is {names:?}: {why:?}");
        };
        let name = name.to_owned();
        let told_apart = [&frame["kind"], &frame["change"], &frame["data"]["kind"], &frame["data"]["status"], &frame["data"]["warned"]];
        let kind = told_apart.into_iter().find(|value| !value.is_null()).map(Value::to_string).unwrap_or_default();
        self.seen.entry(name).or_default().insert(kind, frame);
    }

    /// Messages that did not come.
    fn missing(&self) -> BTreeSet<&str> {
        self.messages.keys().map(String::as_str).filter(|name| !self.seen.contains_key(*name)).collect()
    }

    fn kinds(&self, message: &str) -> Vec<&str> {
        self.seen[message].keys().map(|kind| kind.trim_matches('"')).collect()
    }

    /// A field that is not described makes a frame none of these, wherever it stands.
    fn refuses_more(&self) {
        for frame in self.seen.values().flat_map(BTreeMap::values).filter(|frame| frame.is_object()) {
            for place in objects(frame, String::new()) {
                let mut more = frame.clone();
                more.pointer_mut(&place).unwrap()["gossip"] = json!(1);
                assert!(self.names_of(&more).is_empty(), "{more}");
            }
        }
    }
}

/// Where a frame has objects, itself first.
fn objects(value: &Value, place: String) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let inner = fields.iter().flat_map(|(name, value)| objects(value, format!("{place}/{name}"))).collect::<Vec<_>>();
            std::iter::once(place).chain(inner).collect()
        }
        Value::Array(items) => items.iter().enumerate().flat_map(|(n, value)| objects(value, format!("{place}/{n}"))).collect(),
        _ => Vec::new(),
    }
}

/// A client that writes down both sides.
struct Recorder {
    client: Client,
}

impl Recorder {
    async fn connect(harness: &Harness, token: &str, more: &str) -> Self {
        Self { client: Client::with(harness, token, more).await }
    }

    async fn say(&mut self, said: &mut Described, message: Value) {
        said.take(message.clone());
        self.client.say(message).await;
    }

    /// Hears until a frame with this in it.
    async fn hear(&mut self, told: &mut Described, ends: impl Fn(&Value) -> bool) {
        loop {
            let frame: Value = match self.client.message().await {
                Message::Text(text) => serde_json::from_str(&text).unwrap(),
                Message::Binary(bytes) => rmp_serde::from_slice(&bytes).unwrap(),
                other => panic!("{other:?}"),
            };
            told.take(frame.clone());
            if ends(&frame) {
                return;
            }
        }
    }
}

fn is(kind: &'static str, of: &'static str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == kind && frame["instrument"] == of
}

#[tokio::test(flavor = "multi_thread")]
async fn every_frame_of_a_session_is_described() {
    let (mut said, mut told, mut streamed) = (Described::of("hear"), Described::of("tell"), Described::of("stream"));
    let mut absence = Absence::before().await;
    absence.harness.fixture_of("g", "Green", "Grey").await;
    let token = absence.token.clone();
    let mut packed = Recorder::connect(&absence.harness, &token, "").await;
    let mut plain = Recorder::connect(&absence.harness, &token, "&format=json").await;
    let channels = "?channels=prices,account,fixture:f,fixture:g,activity,leaderboard";
    let mut stream = Frames::open(&absence.harness, &token, channels, None).await;
    for client in [&mut packed, &mut plain] {
        for channel in ["prices", "fixture:f", "fixture:g", "activity", "leaderboard"] {
            client.say(&mut said, json!({"action": "subscribe", "channel": channel})).await;
        }
        client.say(&mut said, json!({"action": "subscribe", "instrumentId": "red-9"})).await;
        client.say(&mut said, json!({"action": "unsubscribe", "idx": 3})).await;
    }
    plain.hear(&mut told, is("status", "grey-9")).await;

    // A bad day, with a limit order that rests, a stop loss, and a close of one's own; and a goal that was none.
    let harness = &absence.harness;
    let limit = json!({"instrument": "blue-4", "direction": "long", "lots": "0.01", "type": "limit", "limitPrice": "1.0000"});
    let resting = harness.post("/api/positions/open", limit).bearer(&token).key("limit").send().await.ok();
    let order = resting["order"]["id"].as_str().unwrap();
    harness.delete(&format!("/api/orders/{order}")).bearer(&token).key("back").send().await.ok();
    let opened = harness.open_lots(&token, "blue-9", "short", "0.02", "mine").await.ok();
    let position = format!("/api/positions/{}", opened["position"]["id"].as_str().unwrap());
    harness.patch(&position, json!({"stopLoss": "9000.0000"})).bearer(&token).key("stop").send().await.ok();
    harness.delete(&position).bearer(&token).key("close").send().await.ok();
    absence.begin().await;
    let harness = &absence.harness;
    harness.kick_off("g").await;
    let goal = json!({"eventId": "e", "type": "goal", "minute": 1, "instrument": "green-9"});
    harness.operate(Method::POST, "/api/admin/fixtures/g/events", goal).await;
    let later = json!({"type": "goal", "minute": 2, "instrument": "green-9"});
    harness.operate(Method::PATCH, "/api/admin/fixtures/g/events/e", later).await;
    harness.operate(Method::DELETE, "/api/admin/fixtures/g/events/e", json!({})).await;
    harness.list("last").await;
    harness.open_lots(&token, "last", "long", "0.01", "last").await.ok();

    for client in [&mut packed, &mut plain] {
        client.hear(&mut told, is("bar", "last")).await;
        client.say(&mut said, json!({"action": "resume", "seq": 1})).await;
        client.hear(&mut told, |frame| frame["type"] == "resumed").await;
        client.say(&mut said, json!({"action": "resume", "seq": 1u64 << 40})).await;
        client.hear(&mut told, |frame| frame["type"] == "resync").await;
    }
    // The board is told when a second is over; how a stream begins anew, only behind a cursor that nobody has.
    let mut last = false;
    while !last || streamed.missing() != BTreeSet::from(["resync"]) {
        let frame = tokio::time::timeout(PATIENCE, stream.next()).await;
        let frame = frame.unwrap_or_else(|_| panic!("{:?} did not come", streamed.missing()));
        last |= is("bar", "last")(&frame);
        streamed.take(frame);
    }
    let mut anew = Frames::open(harness, &token, channels, Some(&(1u64 << 40).to_string())).await;
    streamed.take(anew.next().await);

    assert_eq!([said.missing(), told.missing(), streamed.missing()], [(); 3].map(|()| BTreeSet::new()));
    for recording in [&told, &streamed] {
        assert_eq!(recording.kinds("activity"), ["closed", "goal", "opened", "washed_out"]);
        assert_eq!(recording.kinds("event"), ["corrected", "reported", "taken_back"]);
        assert_eq!(recording.kinds("notification"), ["margin_warning", "order_cancelled", "position_closed"]);
        assert_eq!(recording.kinds("order"), ["cancelled", "filled", "resting"]);
        recording.refuses_more();
    }
    said.refuses_more();
}

#[tokio::test]
async fn the_description_of_the_streams_is_served() {
    let harness = Harness::start().await;
    let reply = harness.get("/api/asyncapi.yaml").send().await;
    assert_eq!((reply.status, reply.body.as_str()), (200, Some(DOCUMENT)));
    assert_eq!(reply.headers["content-type"], "application/yaml");
}
