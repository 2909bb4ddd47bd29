/*
 * What rules of territories and of pairs cost: watch_bench [open events] [records of one subject]. The watch role's own code over a store in memory with so many re-entries, then so many
 * lunar zones, of which each measured one has so long a history; questions are answered out of the store, packed and unpacked as on the node's socket. CPU time of one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "daemon/watcher_internal.h"
#include "store/store.h"
#include "types/alias.h"
#include "types/event.h"
#include "types/registry.h"
#include "watch/borders_find.h"
#include "wire/unpack.h"

#define MEASURED    16 /* subjects, with elements each, or in pairs that overlap */
#define AGAIN       64 /* times that each is judged */
#define STRANGERS   500
#define ROWS        LIMIT_MEMBER_COUNT
#define READY_TRIES 2000
#define LOG_MODE    PARALLAX__V1__MODE__REAL

static const char *const states[LIMIT_TERRITORY_COUNT] = {
    "643", "124", "156", "840", "076", "036", "356", "032", "398", "012", "180",
    "304", "682", "484", "360", "729", "434", "364", "496", "604", "148", "562",
    "024", "466", "710", "170", "231", "068", "478", "818", "834", "566"};
static const char *const origins[] = {"fr-cnes", "us-noaa"}; /* the second is the node itself */

static struct bench {
    struct store *s;
    uint32_t log[2];
    uint64_t next[2];
    uint8_t id[2][LOG_ID_BYTES];
    struct arena a, read;
    struct buf header, body, packed;
    struct rule_table *rules;
    struct territory_map map;
    struct watcher *w;
    unsigned long long events, history, asked, published;
    double asked_us;
} b;

static double
cpu_us(void)
{
    struct rusage r;

    (void)getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void
must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "watch_bench: %s\n", what);
    exit(1);
}

/* --- The store -------------------------------------------------------------------------------------------- */

static size_t
say_events(const struct type *type, const ProtobufCMessage *msg, int64_t created, struct type_event *said,
           struct store_event *out)
{
    size_t n = type->events != NULL ? type->events(msg, said) : 0;

    for (size_t i = 0; i < n; i++)
        out[i] = (struct store_event){
            .kind = said[i].kind,
            .scope = said[i].scope,
            .voice = said[i].voice,
            .at = event_window(said[i].kind, said[i].scope) > 0 ? utc_sort_key(said[i].at) : 0,
            .issued = utc_is_zero(said[i].issued) ? created : utc_sort_key(said[i].issued),
            .closes = utc_is_zero(said[i].closes) ? INT64_MAX : utc_sort_key(said[i].closes),
            .ended = said[i].ended,
            .remark = said[i].remark};
    return n;
}

static void
join_picture(unsigned origin, const struct type *type, const ProtobufCMessage *msg, int64_t created,
             uint64_t delivery)
{
    struct type_event said[EVENTS_MAX];
    struct store_event events[EVENTS_MAX];
    struct subject subject;
    uint8_t groups[ALIAS_TEXT_BYTES];
    struct buf identity;
    struct store_subject v = {.type = type->name,
                              .key = subject.key,
                              .origin = origins[origin],
                              .mode = LOG_MODE,
                              .kind = PARALLAX__V1__KIND__INITIAL,
                              .epoch = created,
                              .created = created,
                              .log = b.log[origin],
                              .index = b.next[origin]++,
                              .delivery = delivery};

    must(type->subject(msg, &subject) == 0, "a record without a subject");
    buf_init_fixed(&identity, groups, sizeof groups);
    alias_of(type, msg, &subject, &identity);
    v.object[0] = subject.object[0];
    v.object[1] = subject.object[1];
    v.identity = buf_span(&identity);
    v.events = events;
    v.events_n = say_events(type, msg, created, said, events);
    must(store_latest_put(b.s, &v) == 0, "a record is not taken");
}

/* A record of ${origin}, newer than all before it. */
static int
put(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    unsigned origin = *(unsigned *)cookie;
    struct utc now = clock_utc();
    struct record_new r = {.type = type->name,
                           .type_version = 1,
                           .mode = LOG_MODE,
                           .kind = PARALLAX__V1__KIND__INITIAL,
                           .created = now,
                           .epoch = now};
    struct store_record record;
    struct store_batch batch = {
        .log = b.log[origin], .first = b.next[origin], .count = 1, .records = &record, .received_ms = 1};
    uint64_t delivery;

    buf_clear(&b.body);
    pack(msg, &b.body);
    r.body = buf_span(&b.body);
    buf_clear(&b.header);
    must(record_header_make(b.id[origin], &r, &b.header, why) == 0, "no header");
    record = (struct store_record){.header = buf_span(&b.header), .body = r.body};
    batch.anchor.size = batch.first + 1;
    must(store_batch_put(b.s, &batch, NULL, 0, &delivery) == 0, "no batch");
    join_picture(origin, type, msg, utc_sort_key(now) + (int64_t)batch.first, delivery);
    return 0;
}

static void
read_in(const char *text, const char *format)
{
    struct convert how = {.strict = false};
    unsigned origin = 0;
    struct why why;

    why_clear(&why);
    if (registry_read(span_str(text), format, &how, put, &origin, &why) != 0) {
        (void)fprintf(stderr, "watch_bench: %s: %s\n", format, why.note);
        exit(1);
    }
}

/* --- The node, as the watch role asks it ------------------------------------------------------------------ */

struct rows {
    const char *type, *key, *origin;
    struct store_latest of[ROWS];
    size_t n;
};

static int
take_latest(void *cookie, const struct store_latest *row)
{
    struct rows *r = cookie;

    if (r->key != NULL && (strcmp(row->type, r->type) != 0 || strcmp(row->key, r->key) != 0))
        return 1;
    if (strcmp(row->type, r->type) == 0 && (r->origin[0] == 0 || strcmp(row->origin, r->origin) == 0))
        r->of[r->n++] = *row;
    return r->n == ROWS;
}

static ProtobufCBinaryData
keep(struct span s)
{
    uint8_t *out = arena_alloc(&b.a, s.n);

    must(out != NULL, "no memory");
    memcpy(out, s.p, s.n);
    return (ProtobufCBinaryData){s.n, out};
}

static void
answer_query(const Parallax__V1__QueryRequest *q, Parallax__V1__RecordsAnswer *out)
{
    static Parallax__V1__RecordRow row[ROWS], *rows[ROWS];
    static Parallax__V1__RecordId id[ROWS];
    static struct rows r;
    struct store_latest from = {.mode = LOG_MODE};

    r.type = q->type;
    r.key = q->subject[0] != 0 ? q->subject : NULL;
    r.origin = q->origin;
    r.n = 0;
    (void)snprintf(from.type, sizeof from.type, "%s", q->type);
    (void)snprintf(from.key, sizeof from.key, "%s", q->subject);
    must((r.key != NULL ? store_latest_each(b.s, &from, take_latest, &r)
                        : store_latest_of_object(b.s, q->object, take_latest, &r)) >= 0,
         "no picture");
    for (size_t i = 0; i < r.n; i++) {
        unsigned origin = r.of[i].log == b.log[1];
        struct store_record record;
        uint64_t delivery;
        int64_t received;

        must(store_record_get(b.s, r.of[i].log, r.of[i].index, &record, &delivery, &received) == 0,
             "no record");
        parallax__v1__record_row__init(&row[i]);
        parallax__v1__record_id__init(&id[i]);
        id[i].log = (ProtobufCBinaryData){LOG_ID_BYTES, b.id[origin]};
        id[i].index = r.of[i].index;
        row[i].id = &id[i];
        row[i].origin = (char *)(uintptr_t)origins[origin];
        row[i].header = keep(record.header);
        row[i].body = keep(record.body);
        rows[i] = &row[i];
    }
    out->n_rows = r.n;
    out->rows = rows;
}

Parallax__V1__Answer *
watchlink_ask(struct watchlink *l, Parallax__V1__Request *request, int64_t ms)
{
    Parallax__V1__Answer out = PARALLAX__V1__ANSWER__INIT;
    Parallax__V1__RecordsAnswer records = PARALLAX__V1__RECORDS_ANSWER__INIT;
    Parallax__V1__ObjectsAnswer objects = PARALLAX__V1__OBJECTS_ANSWER__INIT;
    Parallax__V1__OrbitPolicy policy = PARALLAX__V1__ORBIT_POLICY__INIT;
    Parallax__V1__Object object = PARALLAX__V1__OBJECT__INIT, *one[] = {&object};
    Parallax__V1__ObjectAlias alias = PARALLAX__V1__OBJECT_ALIAS__INIT, *own[] = {&alias};
    Parallax__V1__Answer *answer;
    double begun = cpu_us();

    (void)l, (void)ms;
    arena_clear(&b.a);
    if (request->what_case == PARALLAX__V1__REQUEST__WHAT_QUERY) {
        answer_query(request->query, &records);
        out.what_case = PARALLAX__V1__ANSWER__WHAT_RECORDS;
        out.records = &records;
    } else {
        must(request->what_case == PARALLAX__V1__REQUEST__WHAT_OBJECTS, "a question that has no answer here");
        object.id = alias.id = request->objects->object;
        alias.state = (char *)(uintptr_t) "used";
        object.aliases = own;
        object.n_aliases = 1;
        policy.order = (char *)(uintptr_t) "operator, owner, covariance, fresh";
        policy.stale_leo_hours = policy.stale_high_hours = 72;
        policy.disagree_leo_km = policy.disagree_high_km = 10;
        objects.objects = one;
        objects.n_objects = 1;
        objects.policy = &policy;
        out.what_case = PARALLAX__V1__ANSWER__WHAT_OBJECTS;
        out.objects = &objects;
    }
    buf_clear(&b.packed);
    pack(&out.base, &b.packed);
    answer = parallax__v1__answer__unpack(NULL, b.packed.n, b.packed.p);
    must(answer != NULL, "no answer");
    b.asked++;
    b.asked_us += cpu_us() - begun;
    return answer;
}

void
watchlink_answer_free(Parallax__V1__Answer *answer)
{
    parallax__v1__answer__free_unpacked(answer, NULL);
}

int
watchlink_publish(struct watchlink *l, const ProtobufCMessage *msg, const char *type, Parallax__V1__Mode mode,
                  const uint8_t key[32], Parallax__V1__RecordId **reference, size_t references,
                  const char **why)
{
    unsigned own = 1;
    struct why note;

    (void)l, (void)mode, (void)key, (void)reference, (void)references, (void)why;
    why_clear(&note);
    b.published++;
    return put(&own, registry_type_cstr(type), msg, &note);
}

/* --- What is measured ------------------------------------------------------------------------------------- */

/* The newest record about ${key}, as it would come to the watch role. */
static void
take(const char *type, const char *key)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__Answer *answer;

    q.type = (char *)(uintptr_t)type;
    q.subject = (char *)(uintptr_t)key;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_QUERY;
    request.query = &q;
    answer = watchlink_ask(NULL, &request, 0);
    must(answer->records->n_rows == 1, key);
    must(watcher_take(b.w, answer->records->rows[0]) == 0, "a record is not judged");
    watchlink_answer_free(answer);
}

static void
say(const char *what, double us, unsigned long long n)
{
    printf("  %-42s %9.1f us, %7.1f of it for %.1f questions\n", what, us / (double)n, b.asked_us / (double)n,
           (double)b.asked / (double)n);
}

typedef void key_fn(unsigned long long i, char out[128]);

static void
tip_key(unsigned long long i, char out[128])
{
    (void)snprintf(out, 128, "tip %llu", 1000 + i);
}

static void
zone_key(unsigned long long i, char out[128])
{
    (void)snprintf(out, 128, "Z-%llu", i);
}

/* ${n} subjects from ${first} on, each ${times}. */
static void
measure(const char *what, const char *type, key_fn *key_of, unsigned long long first, unsigned long long n,
        unsigned times)
{
    double begun = cpu_us();

    b.asked = 0;
    b.asked_us = 0;
    for (unsigned t = 0; t < times; t++) {
        for (unsigned long long i = first; i < first + n; i++) {
            char key[128];

            key_of(i, key);
            take(type, key);
        }
    }
    say(what, cpu_us() - begun, n * times);
}

static void
time_text(int64_t minutes, char out[UTC_TEXT_MAX], bool is_tip)
{
    utc_print(utc_add_ns(clock_utc(), minutes * INT64_C(60000000000)), 0, out);
    if (is_tip) {
        out[10] = ' ';
        out[19] = 0;
    }
}

static void
put_tip(unsigned long long i)
{
    char text[1024], said[UTC_TEXT_MAX], decay[UTC_TEXT_MAX];

    time_text(-60, said, true);
    time_text(240, decay, true);
    (void)snprintf(
        text, sizeof text,
        "[{\"NORAD_CAT_ID\":\"%llu\",\"MSG_EPOCH\":\"%s\",\"INSERT_EPOCH\":\"%s\",\"DECAY_EPOCH\":\"%s\","
        "\"WINDOW\":\"30\",\"REV\":\"31245\",\"DIRECTION\":null,\"LAT\":\"-12.3\",\"LON\":\"151.2\","
        "\"INCL\":\"51.6\",\"NEXT_REPORT\":\"24\",\"ID\":\"%llu\",\"HIGH_INTEREST\":\"N\","
        "\"OBJECT_NUMBER\":\"%llu\"}]",
        1000 + i, said, said, decay, 1000 + i, 1000 + i);
    read_in(text, "tip-json");
}

static void
put_elements(unsigned long long i)
{
    char text[1024], epoch[UTC_TEXT_MAX];

    time_text(-720, epoch, false);
    epoch[19] = 0;
    (void)snprintf(text, sizeof text,
                   "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,"
                   "ARG_OF_PERICENTER,MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,"
                   "ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT\r\n"
                   "BENCH %llu,1998-%03lluA,%s.000000,16.1,.0006317,51.64,%llu.9,69.9862,290.2553,0,U,%llu,"
                   "999,5782,.1027E-3,.16717E-3,0\r\n",
                   i, 1 + i, epoch, i * 360 / MEASURED, 1000 + i);
    read_in(text, "omm-csv");
}

static void
put_zone(unsigned long long i)
{
    unsigned long long place = i < MEASURED ? i / 2 : i; /* the measured ones overlap in pairs */
    char text[1024], issued[UTC_TEXT_MAX], start[UTC_TEXT_MAX], end[UTC_TEXT_MAX];

    time_text(-60, issued, false);
    time_text(60, start, false);
    time_text(14400, end, false);
    (void)snprintf(
        text, sizeof text,
        "{\"notice\":\"LUNAR_ACTIVITY/1\",\"id\":\"Z-%llu\",\"issued\":\"%.19sZ\",\"issuer\":\"Agency %llu\","
        "\"contact\":\"desk\",\"status\":\"PLANNED\",\"activity\":\"landing\",\"latitude_deg\":%.4f,"
        "\"longitude_deg\":%.4f,\"radius_km\":1.0,\"start\":\"%.19sZ\",\"end\":\"%.19sZ\"}",
        i, issued, i % 50, (double)(place * 7919 % 170000) / 1000 - 85,
        (double)(place * 104729 % 360000) / 1000, start, end);
    read_in(text, "lunar_activity-json");
}

/* --- The tracks ------------------------------------------------------------------------------------------- */

static int
keep_mean(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    return type->sgp4(msg, cookie, why);
}

static void
measure_track(void)
{
    static const int hours[] = {1, 6, 24, 72};
    static struct territory_pass pass[LIMIT_TERRITORY_COUNT];
    struct convert how = {.strict = false};
    struct type_sgp4 mean = {.name = ""};
    char text[512], epoch[UTC_TEXT_MAX];
    struct utc from, to;
    struct why why;

    why_clear(&why);
    time_text(-720, epoch, false);
    (void)snprintf(text, sizeof text,
                   "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,"
                   "ARG_OF_PERICENTER,MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,"
                   "ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT\r\n"
                   "TRACK,1998-067A,%.19s.000000,15.5,.0006317,51.64,208.9,69.9862,290.2553,0,U,25544,"
                   "999,5782,.1027E-3,.16717E-3,0\r\n",
                   epoch);
    must(registry_read(span_str(text), "omm-csv", &how, keep_mean, &mean, &why) == 0, "no elements");
    printf("a track over %zu large States, of %d each; CPU time of one:\n", b.map.made, 5);
    for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
        double begun;

        from = clock_utc();
        to = utc_add_ns(from, hours[i] * INT64_C(3600000000000));
        begun = cpu_us();
        for (int k = 0; k < 5; k++)
            must(territory_passes(&b.map, &mean, from, to, pass, &why) == 0, why.note);
        printf("  over %2d hours %31.1f ms\n", hours[i], (cpu_us() - begun) / 5e3);
    }
}

/* --- Both rules ------------------------------------------------------------------------------------------- */

static void
open_store(void)
{
    b.s = store_open(":memory:", false);
    must(b.s != NULL, "no store");
    for (unsigned i = 0; i < 2; i++) {
        struct store_log log = {.audience = "open", .class_name = "data"};

        memset(b.id[i], (int)i + 1, LOG_ID_BYTES);
        memcpy(log.id, b.id[i], LOG_ID_BYTES);
        (void)snprintf(log.origin, sizeof log.origin, "%s", origins[i]);
        must(store_log_put(b.s, &log) == 0, "no log");
        b.log[i] = log.no;
        b.next[i] = 0;
    }
    must(store_begin(b.s) == 0, "no transaction");
    b.w = watcher_new(NULL, b.rules, &b.map, origins[1]);
    b.published = 0;
}

static void
close_store(void)
{
    watcher_free(b.w);
    must(store_commit(b.s) == 0, "no commit");
    store_close(b.s);
}

/* Until its track is there: then it is looked at again in a minute, and no sooner. */
static void
make_ready(unsigned long long i)
{
    char key[128];

    tip_key(i, key);
    for (unsigned tries = 0; tries < READY_TRIES; tries++) {
        take("reentry", key);
        must(b.w->due_n > 0, "a re-entry is not looked at again");
        if (b.w->due[i].look_ms - clock_mono_ms() > WATCHER_LOOK_MS / 2)
            return;
        usleep(5000);
    }
    must(false, "a track is not made");
}

static void
measure_reentries(void)
{
    open_store();
    for (unsigned long long i = 0; i < b.events; i++)
        put_tip(i);
    for (unsigned long long i = 0; i < MEASURED; i++) {
        for (unsigned long long k = 1; k < b.history; k++)
            put_tip(i);
        put_elements(i);
        make_ready(i);
    }
    printf("reentry-territory: %llu open re-entries, each measured one with %llu records:\n", b.events,
           b.history);
    measure("all others, as a start judges them", "reentry", tip_key, MEASURED, b.events - MEASURED, 1);
    measure("one whose track is known", "reentry", tip_key, 0, MEASURED, AGAIN);
    measure("one without elements", "reentry", tip_key, b.events - STRANGERS, STRANGERS, 1);
    printf("  %llu alerts published, %zu remembered as open, %zu looked at again\n", b.published, b.w->open_n,
           b.w->due_n);
    close_store();
}

static void
measure_zones(void)
{
    open_store();
    for (unsigned long long i = 0; i < b.events; i++)
        put_zone(i);
    for (unsigned long long i = 0; i < MEASURED; i++) {
        for (unsigned long long k = 1; k < b.history; k++)
            put_zone(i);
    }
    printf("zone-overlap: %llu open zones, each measured one with %llu records:\n", b.events, b.history);
    measure("all, as a start judges them", "lunar_activity", zone_key, 0, b.events, 1);
    measure("one that overlaps another", "lunar_activity", zone_key, 0, MEASURED, AGAIN);
    measure("one that overlaps none", "lunar_activity", zone_key, b.events - STRANGERS, STRANGERS, 1);
    printf("  %llu alerts published, %zu remembered as open\n", b.published, b.w->open_n);
    close_store();
}

static void
load_rules(void)
{
    char path[BORDERS_PATH_MAX], text[4096];
    struct borders file;
    struct why why;
    size_t n = 0;

    why_clear(&why);
    b.rules = rule_table_new();
    n += (size_t)snprintf(text, sizeof text, "form: RULES/1\nterritories:\n");
    for (size_t i = 0; i < LIMIT_TERRITORY_COUNT; i++)
        n +=
            (size_t)snprintf(text + n, sizeof text - n, "  - {id: state-%zu, state: \"%s\"}\n", i, states[i]);
    must(rule_table_override(b.rules, span_str(text), &why) == 0, why.note);
    must(borders_find(&file, NULL, path, &why) > 0, "no file of borders");
    territory_map_make(&b.rules->territories, &file, &b.map);
    must(b.map.made == LIMIT_TERRITORY_COUNT, "a State has no borders");
    borders_release(&file);
}

int
main(int argc, char **argv)
{
    b.events = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
    b.history = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    must(b.events >= MEASURED + STRANGERS && b.events <= 1000000,
         "expected a number of events, 516 to 1000000");
    must(b.history >= 1 && b.history <= 10000, "expected a number of records, 1 to 10000");
    arena_init(&b.a, LIMIT_ARENA_BODY_BYTES);
    buf_init(&b.header, LIMIT_HEADER_BYTES);
    buf_init(&b.body, LIMIT_BODY_BYTES);
    buf_init(&b.packed, LIMIT_API_BYTES);
    load_rules();
    measure_track();
    measure_reentries();
    measure_zones();
    territory_map_release(&b.map);
    free(b.rules);
    return 0;
}
