/* Every function of parallax.h against a node that runs: library DIR ROSTER FINGERPRINT CDM. Says "ok", or at which line not. */
#include <parallax.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(what)                                                                                          \
    do {                                                                                                     \
        if (!(what)) {                                                                                       \
            fprintf(stderr, "line %d: %s: %s\n", __LINE__, #what, parallax_error());                         \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

#define THREADS 4
#define ROUNDS  20

static char *
whole(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(1 << 20);

    HOLDS(file != NULL && text != NULL);
    *n = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

static void *
ask_often(void *node)
{
    for (int i = 0; i < ROUNDS; i++) {
        parallax_cursor newest;
        HOLDS(parallax_connect(node, 10000, &newest) == PARALLAX_DONE && newest.number > 0);
    }
    return NULL;
}

static void
threads_share_a_handle(parallax *node)
{
    pthread_t thread[THREADS];

    for (int i = 0; i < THREADS; i++)
        HOLDS(pthread_create(&thread[i], NULL, ask_often, node) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
}

static void
wrong_arguments_are_told(parallax *node)
{
    const char *types[] = {"no_such_type"};
    parallax_filter filter = {.size = sizeof filter, .types = types, .types_n = 1};
    parallax_publication how = {.size = sizeof how};
    parallax_question question = {.size = sizeof question, .type = "orbit", .since = "yesterday"};
    parallax_stream *stream;
    parallax_record *record;
    parallax *other;

    HOLDS(parallax_open("/no/such/directory", &other) == PARALLAX_INVALID &&
          strstr(parallax_error(), "/no/such") != NULL);
    HOLDS(parallax_subscribe(node, &filter, NULL, PARALLAX_FROM_START, NULL, &stream) == PARALLAX_INVALID);
    HOLDS(strstr(parallax_error(), "no_such_type") != NULL);
    filter = (parallax_filter){.size = sizeof filter, .modes = 1u << 7};
    HOLDS(parallax_subscribe(node, &filter, NULL, PARALLAX_FROM_START, NULL, &stream) == PARALLAX_INVALID &&
          stream == NULL);
    HOLDS(parallax_query(node, &question, &stream) == PARALLAX_INVALID &&
          strstr(parallax_error(), "yesterday") != NULL);
    HOLDS(parallax_publish(node, &how, "x", 1, 1000, NULL) == PARALLAX_INVALID);
    HOLDS(parallax_get(node, "nothing", 1000, &record) == PARALLAX_INVALID);
    HOLDS(parallax_get(node, "00000000000000000000000000000000:0", 10000, &record) == PARALLAX_REFUSED &&
          record == NULL);
}

/* The ids of what was published; a text that is wrong publishes nothing and says where. */
static parallax_ids *
publish(parallax *node, const char *text, size_t n)
{
    parallax_publication how = {.size = sizeof how,
                                .mode = PARALLAX_TEST,
                                .key = (const unsigned char *)"0123456789abcdef",
                                .key_n = 16};
    parallax_ids *ids, *again;

    HOLDS(parallax_publish(node, &how, "CCSDS_CDM_VERS = 1.0\nnonsense\n", 30, 10000, &ids) ==
              PARALLAX_REFUSED &&
          ids == NULL);
    HOLDS(strstr(parallax_error(), "2:1") != NULL);
    HOLDS(parallax_publish(node, &how, text, n, 10000, &ids) == PARALLAX_DONE &&
          parallax_ids_count(ids) == 1);
    HOLDS(parallax_publish(node, &how, text, n, 10000, &again) == PARALLAX_DONE);
    HOLDS(strcmp(parallax_ids_at(ids, 0), parallax_ids_at(again, 0)) == 0 && parallax_ids_at(ids, 1) == NULL);
    parallax_ids_free(again);
    return ids;
}

static void
subscribe(parallax *node, const char *id, const parallax_cursor *before)
{
    const char *types[] = {"conjunction"}, *us[] = {"us-noaa"}, *fr[] = {"fr-cnes"};
    parallax_filter filter = {.size = sizeof filter,
                              .types = types,
                              .types_n = 1,
                              .origins = fr,
                              .origins_n = 1,
                              .modes = 1u << PARALLAX_TEST};
    parallax_stream *stream;
    parallax_record *record;
    parallax_cursor cursor;
    uint64_t number;
    size_t n;

    remove("library.cursor");
    HOLDS(parallax_subscribe(node, &filter, "library.cursor", PARALLAX_FROM_NOW, before, &stream) ==
          PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 10000, &record) == PARALLAX_DONE &&
          strcmp(parallax_record_id(record), id) == 0);
    HOLDS(strcmp(parallax_record_type(record), "conjunction") == 0 &&
          parallax_record_mode(record) == PARALLAX_TEST);
    HOLDS(strcmp(parallax_record_origin(record), "fr-cnes") == 0 &&
          strcmp(parallax_record_series(record), "fr-cnes/open/data") == 0);
    HOLDS(parallax_record_received_ms(record) > 0 && parallax_record_header(record, &n) != NULL && n > 0);
    HOLDS(parallax_record_body(record, &n) != NULL && n > 0);
    HOLDS(strncmp(parallax_record_json(record), "{\"delivery\":{\"incarnation\":\"", 28) == 0);
    number = parallax_record_number(record);
    parallax_record_free(record);
    HOLDS(parallax_fetch(stream, 0, &record) == PARALLAX_NOTHING && record == NULL);
    HOLDS(parallax_acknowledge(stream, number + 1) == PARALLAX_INVALID);
    parallax_stream_free(stream);
    /* Not acknowledged: it comes again. */
    HOLDS(parallax_subscribe(node, &filter, "library.cursor", PARALLAX_FROM_START, before, &stream) ==
          PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 10000, &record) == PARALLAX_DONE &&
          parallax_record_number(record) == number);
    parallax_record_free(record);
    HOLDS(parallax_acknowledge(stream, number) == PARALLAX_DONE &&
          parallax_stream_cursor(stream, &cursor) == PARALLAX_DONE);
    HOLDS(cursor.number == number && memcmp(cursor.incarnation, before->incarnation, 16) == 0);
    parallax_stream_free(stream);
    HOLDS(parallax_subscribe(node, &filter, "library.cursor", PARALLAX_FROM_START, NULL, &stream) ==
          PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 200, &record) == PARALLAX_NOTHING);
    parallax_stream_free(stream);
    filter.origins = us;
    HOLDS(parallax_subscribe(node, &filter, NULL, PARALLAX_FROM_START, NULL, &stream) == PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 500, &record) == PARALLAX_NOTHING);
    parallax_stream_free(stream);
    HOLDS(parallax_subscribe(node, NULL, NULL, PARALLAX_FROM_NOW, NULL, &stream) == PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 100, &record) == PARALLAX_NOTHING);
    parallax_stream_free(stream);
}

/* Region and expression: the node looks. A program that was built with the first header asks for none, whatever lies behind its structure. */
static void
filters(parallax *node, const char *id, const parallax_cursor *before)
{
    parallax_filter filter = {
        .size = sizeof filter, .modes = 1u << PARALLAX_TEST, .where = "pc > 0 and miss_m < 1e7"};
    parallax_question question = {
        .size = sizeof question, .type = "conjunction", .mode = PARALLAX_TEST, .where = "not pc > 0"};
    parallax_stream *stream;
    parallax_record *record;

    HOLDS(parallax_subscribe(node, &filter, NULL, PARALLAX_FROM_START, before, &stream) == PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 10000, &record) == PARALLAX_DONE &&
          strcmp(parallax_record_id(record), id) == 0);
    parallax_record_free(record);
    HOLDS(parallax_fetch(stream, 200, &record) == PARALLAX_NOTHING);
    parallax_stream_free(stream);
    filter.region = "box:-180,-90,180,90"; /* it states no place */
    HOLDS(parallax_subscribe(node, &filter, NULL, PARALLAX_FROM_START, before, &stream) == PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 200, &record) == PARALLAX_NOTHING);
    parallax_stream_free(stream);
    filter.size = offsetof(parallax_filter, region);
    filter.where = "nonsense";
    HOLDS(parallax_subscribe(node, &filter, NULL, PARALLAX_FROM_START, before, &stream) == PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 10000, &record) == PARALLAX_DONE);
    parallax_record_free(record);
    parallax_stream_free(stream);
    filter.size = 0;
    HOLDS(parallax_subscribe(node, &filter, NULL, PARALLAX_FROM_START, before, &stream) == PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 10000, &record) == PARALLAX_DONE);
    parallax_record_free(record);
    parallax_stream_free(stream);
    filter = (parallax_filter){.size = sizeof filter, .where = "pc > 1 && miss_m < 3"};
    HOLDS(parallax_subscribe(node, &filter, NULL, PARALLAX_FROM_START, NULL, &stream) == PARALLAX_DONE);
    HOLDS(parallax_fetch(stream, 10000, &record) == PARALLAX_REFUSED &&
          strstr(parallax_error(), "1:8: where") != NULL);
    parallax_stream_free(stream);
    HOLDS(parallax_query(node, &question, &stream) == PARALLAX_DONE &&
          parallax_fetch(stream, 10000, &record) == PARALLAX_NOTHING);
    parallax_stream_free(stream);
    question.where = "pc > 0";
    HOLDS(parallax_query(node, &question, &stream) == PARALLAX_DONE &&
          parallax_fetch(stream, 10000, &record) == PARALLAX_DONE);
    parallax_record_free(record);
    parallax_stream_free(stream);
}

static void
query(parallax *node, const char *id, size_t orbits)
{
    parallax_question question = {
        .size = sizeof question, .type = "orbit", .mode = PARALLAX_TEST, .history = 1};
    parallax_stream *stream;
    parallax_record *record;
    size_t n = 0;
    int rc;

    HOLDS(parallax_query(node, &question, &stream) == PARALLAX_DONE);
    while ((rc = parallax_fetch(stream, 10000, &record)) == PARALLAX_DONE) {
        n++;
        parallax_record_free(record);
    }
    HOLDS(rc == PARALLAX_NOTHING && n == orbits);
    HOLDS(parallax_acknowledge(stream, 1) == PARALLAX_INVALID);
    parallax_stream_free(stream);
    HOLDS(parallax_get(node, id, 10000, &record) == PARALLAX_DONE &&
          strcmp(parallax_record_id(record), id) == 0);
    parallax_record_free(record);
}

static void
prove(parallax *node, const char *id, const char *roster, size_t roster_n, const char *fingerprint)
{
    parallax_verdict verdict = {.size = sizeof verdict};
    parallax_record *record;
    char *proof, *damaged;
    size_t n, body;

    HOLDS(parallax_prove(node, id, 0, 10000, &proof, &n) == PARALLAX_DONE);
    HOLDS(parallax_verify(proof, n, roster, roster_n, fingerprint, &verdict, &record) == PARALLAX_DONE);
    HOLDS(strcmp(parallax_record_id(record), id) == 0 &&
          strcmp(parallax_record_origin(record), "fr-cnes") == 0);
    HOLDS(parallax_record_body(record, &body) != NULL &&
          strstr(parallax_record_json(record), "\"type\":\"conjunction\"") != NULL);
    HOLDS(verdict.tree_size > verdict.index && verdict.roster_version == 1 && verdict.origin_removed == 0);
    parallax_record_free(record);
    HOLDS(parallax_verify(proof, n, NULL, 0, fingerprint, NULL, NULL) == PARALLAX_DONE);
    HOLDS(parallax_verify(proof, n, NULL, 0, NULL, NULL, NULL) == PARALLAX_INVALID);
    HOLDS(parallax_verify(proof, n, roster, roster_n - 20, NULL, NULL, NULL) < 0);
    damaged = malloc(n);
    for (size_t i = 0; i < n; i += 97) {
        memcpy(damaged, proof, n);
        damaged[i] ^= 1;
        verdict.tree_size = 0;
        HOLDS(parallax_verify(damaged, n, roster, roster_n, fingerprint, &verdict, &record) ==
                  PARALLAX_REFUSED ||
              verdict.lost > 0);
        parallax_record_free(record);
    }
    free(damaged);
    parallax_free(proof);
}

int
main(int argc, char **argv)
{
    size_t roster_n, cdm_n;
    char *roster, *cdm;
    parallax_cursor before;
    parallax_ids *ids;
    parallax *node;

    HOLDS(argc == 6);
    roster = whole(argv[2], &roster_n);
    cdm = whole(argv[4], &cdm_n);
    HOLDS(strcmp(parallax_version(), argv[5]) == 0);
    HOLDS(parallax_open(argv[1], &node) == PARALLAX_DONE &&
          parallax_connect(node, 10000, &before) == PARALLAX_DONE);
    wrong_arguments_are_told(node);
    threads_share_a_handle(node);
    ids = publish(node, cdm, cdm_n);
    subscribe(node, parallax_ids_at(ids, 0), &before);
    filters(node, parallax_ids_at(ids, 0), &before);
    query(node, parallax_ids_at(ids, 0), 80);
    prove(node, parallax_ids_at(ids, 0), roster, roster_n, argv[3]);
    parallax_ids_free(ids);
    parallax_close(node);
    free(roster);
    free(cdm);
    puts("ok");
    return 0;
}
