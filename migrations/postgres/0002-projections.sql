-- What a league's outcomes leave behind, as rows. All of it follows from the journal and can be built anew.
--
-- Money, prices, lots and scores are counted in their units (10⁻⁶ point, 10⁻⁴ point, 10⁻² lot, 10⁻⁶); times are
-- milliseconds since 1970. Nothing here is unique by a constraint that the watermark does not imply already: a row is
-- written once because its projection's watermark moves with it. Rows that change live on pages with room to be replaced
-- within the page, and nothing that changes is indexed.

-- Up to which entry each projection is written. A row moves only from the value that its writer believes in.
CREATE TABLE watermarks (
    league     text COLLATE "C" NOT NULL,
    projection text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL,
    PRIMARY KEY (league, projection)
) WITH (fillfactor = 50);

-- What became of the entries, a row a batch of the journal, under the batch's last seq.
CREATE TABLE outcomes (
    league text COLLATE "C" NOT NULL,
    last   bigint NOT NULL,
    first  bigint NOT NULL,
    hash   bytea  NOT NULL, -- BLAKE3 of league, first, last and body
    body   bytea  NOT NULL, -- zstd of the journal's encoding of the outcomes
    PRIMARY KEY (league, last)
);
ALTER TABLE outcomes ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE accounts (
    league     text COLLATE "C" NOT NULL,
    account    uuid    NOT NULL,
    district   text    NOT NULL,
    kind       text    NOT NULL, -- human, bot
    opened_at  bigint  NOT NULL,
    opened_seq bigint  NOT NULL,
    suspended  boolean NOT NULL,
    PRIMARY KEY (league, account)
) WITH (fillfactor = 90);

-- Balances: of every book's wallet, and of the house's own accounts under the nil account.
CREATE TABLE wallets (
    league  text COLLATE "C" NOT NULL,
    account uuid    NOT NULL,
    book    integer NOT NULL,
    holder  text COLLATE "C" NOT NULL, -- wallet, house, insurance, fees, mint
    balance bigint  NOT NULL,
    PRIMARY KEY (league, account, book, holder)
) WITH (fillfactor = 70);

CREATE TABLE instruments (
    league         text COLLATE "C" NOT NULL,
    instrument     integer NOT NULL,
    slug           text    NOT NULL,
    name           text    NOT NULL,
    team           text    NOT NULL,
    position       text    NOT NULL, -- forward, midfielder, defender, goalkeeper
    listed_at      bigint  NOT NULL,
    listed_seq     bigint  NOT NULL,
    form           bigint  NOT NULL,
    live_base      bigint  NOT NULL,
    bump           bigint  NOT NULL,
    mark           bigint  NOT NULL,
    net            bigint  NOT NULL,
    side_cap       bigint  NOT NULL,
    active         boolean NOT NULL,
    frozen         boolean NOT NULL,
    review_mark    bigint, -- null: not under review
    review_until   bigint, -- when it ends by itself, as it stands
    PRIMARY KEY (league, instrument)
) WITH (fillfactor = 50);

-- Positions, the closed ones among them.
CREATE TABLE cfd_positions (
    league              text COLLATE "C" NOT NULL,
    position            uuid     NOT NULL,
    account             uuid     NOT NULL,
    book                integer  NOT NULL,
    instrument          integer  NOT NULL,
    opening_order       uuid     NOT NULL,
    direction           smallint NOT NULL, -- 1 long, -1 short
    opened_at           bigint   NOT NULL,
    opened_seq          bigint   NOT NULL,
    opened_lots         bigint   NOT NULL,
    lots                bigint   NOT NULL, -- what is left
    entry_cost          bigint   NOT NULL, -- of what is left
    margin              bigint   NOT NULL, -- at the fill
    stop_loss           bigint,
    take_profit         bigint,
    pending_stop_loss   bigint,
    pending_take_profit bigint,
    pending_due         bigint, -- null: nothing waits to replace stop and profit
    realised            bigint   NOT NULL,
    fees                bigint   NOT NULL,
    closed_at           bigint, -- null: open
    closed_seq          bigint,
    close_reason        text,
    PRIMARY KEY (league, position)
) WITH (fillfactor = 70);

CREATE TABLE orders (
    league              text COLLATE "C" NOT NULL,
    order_id            uuid     NOT NULL,
    account             uuid     NOT NULL,
    book                integer  NOT NULL,
    instrument          integer  NOT NULL,
    opens               boolean  NOT NULL, -- false: closes
    direction           smallint, -- of the position
    lots                bigint   NOT NULL,
    limit_price         bigint,
    client_price        bigint,
    tolerance_bps       bigint,
    stop_loss           bigint,
    take_profit         bigint,
    position            uuid, -- that it closes, or opened
    placed_at           bigint   NOT NULL,
    placed_seq          bigint   NOT NULL,
    due                 bigint,
    reserved            bigint   NOT NULL,
    cancel_due          bigint,
    state               text     NOT NULL, -- live, filled, cancelled
    ended_at            bigint,
    ended_seq           bigint,
    filled_lots         bigint,
    filled_value        bigint,
    filled_fee          bigint,
    cancel_reason       text,
    PRIMARY KEY (league, order_id)
) WITH (fillfactor = 70);

-- Fills, a partition a day; days are made ahead by whoever writes.
CREATE TABLE trades (
    league     text COLLATE "C" NOT NULL,
    seq        bigint   NOT NULL,
    n          integer  NOT NULL,
    at         bigint   NOT NULL,
    account    uuid     NOT NULL,
    book       integer  NOT NULL,
    instrument integer  NOT NULL,
    order_id   uuid,
    position   uuid     NOT NULL,
    direction  smallint NOT NULL,
    opened     boolean  NOT NULL,
    lots       bigint   NOT NULL,
    value      bigint   NOT NULL,
    fee        bigint   NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX ON trades (league, account, book, seq, n);

-- What each closing fill came to; written with the trades.
CREATE TABLE closed_positions (
    league     text COLLATE "C" NOT NULL,
    seq        bigint   NOT NULL,
    n          integer  NOT NULL,
    opened_at  bigint   NOT NULL,
    closed_at  bigint   NOT NULL,
    account    uuid     NOT NULL,
    book       integer  NOT NULL,
    instrument integer  NOT NULL,
    position   uuid     NOT NULL,
    direction  smallint NOT NULL,
    lots       bigint   NOT NULL,
    entry_cost bigint   NOT NULL,
    exit_value bigint   NOT NULL,
    pnl        bigint   NOT NULL,
    reason     text     NOT NULL
);
CREATE INDEX ON closed_positions (league, account, book, seq, n);

CREATE TABLE ledger_postings (
    league  text COLLATE "C" NOT NULL,
    seq     bigint  NOT NULL,
    n       integer NOT NULL,
    at      bigint  NOT NULL,
    reason  text    NOT NULL,
    holder  text    NOT NULL, -- wallet, house, insurance, fees, mint
    account uuid,             -- of a wallet
    book    integer,
    amount  bigint  NOT NULL
);
CREATE INDEX ON ledger_postings (league, account, book, seq, n) WHERE account IS NOT NULL;

CREATE TABLE price_ticks (
    league     text COLLATE "C" NOT NULL,
    instrument integer NOT NULL,
    seq        bigint  NOT NULL,
    n          integer NOT NULL,
    at         bigint  NOT NULL,
    mark       bigint  NOT NULL,
    live_base  bigint, -- null where only the crowd moved it
    net        bigint  NOT NULL
);
CREATE INDEX ON price_ticks (league, instrument, seq, n);

CREATE TABLE bars (
    league      text COLLATE "C" NOT NULL,
    instrument  integer NOT NULL,
    interval_ms integer NOT NULL,
    start       bigint  NOT NULL,
    open        bigint  NOT NULL,
    high        bigint  NOT NULL,
    low         bigint  NOT NULL,
    close       bigint  NOT NULL,
    PRIMARY KEY (league, instrument, interval_ms, start)
) WITH (fillfactor = 80);

CREATE TABLE fixtures (
    league      text COLLATE "C" NOT NULL,
    fixture     text COLLATE "C" NOT NULL,
    home        text   NOT NULL,
    away        text   NOT NULL,
    kick_off    bigint NOT NULL,
    coverage    text   NOT NULL, -- JSON, as the feed declared it
    created_at  bigint NOT NULL,
    created_seq bigint NOT NULL,
    phase       text   NOT NULL,
    phase_at    bigint NOT NULL,
    phase_seq   bigint NOT NULL,
    clock_ms    bigint NOT NULL,
    home_goals  integer NOT NULL,
    away_goals  integer NOT NULL,
    PRIMARY KEY (league, fixture)
) WITH (fillfactor = 50);

-- Who plays for which side; written with the fixtures.
CREATE TABLE fixture_squads (
    league  text COLLATE "C" NOT NULL,
    fixture text COLLATE "C" NOT NULL,
    slug    text COLLATE "C" NOT NULL,
    side    text NOT NULL, -- home, away
    PRIMARY KEY (league, fixture, slug)
);

-- The lists of events; written with the fixtures, whose scores follow from them.
CREATE TABLE match_events (
    league       text COLLATE "C" NOT NULL,
    fixture      text COLLATE "C" NOT NULL,
    event        text COLLATE "C" NOT NULL,
    kind         text    NOT NULL,
    minute       integer NOT NULL,
    stoppage     integer NOT NULL, -- minutes on top of it
    clock_ms     bigint,
    slug         text,
    related      text,
    goal_for     text, -- home, away; null: no goal
    state        text    NOT NULL, -- reported, corrected, withdrawn
    reported_at  bigint  NOT NULL,
    reported_seq bigint  NOT NULL, -- its place on the list, which a correction keeps
    changed_seq  bigint  NOT NULL,
    PRIMARY KEY (league, fixture, event)
);

-- Realised results of season books. Who leads is asked of the running league; this is for looking back.
CREATE TABLE leaderboard (
    league           text COLLATE "C" NOT NULL,
    week             bigint  NOT NULL, -- weeks since the one that 1970 began in; -1: the season
    account          uuid    NOT NULL,
    realised         bigint  NOT NULL,
    closed_positions bigint  NOT NULL,
    has_closed       boolean NOT NULL, -- stands on the board
    reached          bigint  NOT NULL, -- the entry that brought the score to what it is
    PRIMARY KEY (league, week, account)
) WITH (fillfactor = 70);

-- Answers of 24 hours, by command id. The first one counts where an id came twice.
CREATE TABLE command_ids (
    league text COLLATE "C" NOT NULL,
    id     uuid   NOT NULL,
    seq    bigint NOT NULL,
    at     bigint NOT NULL,
    body   bigint NOT NULL, -- hash of the request's body, its bits
    answer bytea  NOT NULL
);
CREATE INDEX ON command_ids (league, id);
CREATE INDEX ON command_ids USING brin (at) WITH (pages_per_range = 32);
