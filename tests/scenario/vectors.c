/*
 * vectors make DIR: files of the log library for the independent implementation to check (tests/scenario/test_reflog.py).
 * vectors check FILE FINGERPRINT: verify a bundle that the other one made, and say what is in it.
 */
#include "../unit/core/federation.h"

#include "base/file.h"
#include "base/text.h"

static int
save(const char *dir, const char *name, struct span content)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    if (file_write(path, content, 0644) != 0) {
        perror(path);
        return -1;
    }
    return 0;
}

/* The first three versions of a federation: a member joins, then a steward leaves and a member is removed. */
static int
make_rosters(const char *dir, struct buf notes[3], struct roster *last)
{
    struct roster *draft = federation_roster(2, 4);
    int status = 0;

    for (unsigned i = 0; i < 3; i++) {
        char name[32];

        buf_init(&notes[i], LIMIT_ROSTER_BYTES);
        if (i > 0) {
            memcpy(draft->federation, last->federation, sizeof draft->federation);
            memcpy(draft->hash, last->hash, HASH_BYTES);
            federation_succeed(draft);
        }
        if (i == 1)
            federation_add_member(draft, federation_members[2]);
        if (i == 2) {
            draft->member[1].removed = true;
            draft->stewards_n = 3;
            draft->faulty = 0;
            draft->threshold = 2;
        }
        status |= federation_note(draft, 0, 3, &notes[i]);
        status |= roster_parse(buf_span(&notes[i]), last, NULL);
        (void)snprintf(name, sizeof name, "roster%u.note", i + 1);
        status |= save(dir, name, buf_span(&notes[i]));
    }
    roster_free(draft);
    return status;
}

/* Root, an inclusion and a consistency proof for sizes of every shape, one line each: "<kind> <a> <b> <hash>...". */
static int
make_trees(const char *dir)
{
    static const uint64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 64, 100, 255, 256, 257, 1000};
    struct federation_log log = {.index = UINT64_MAX}; /* no leaf of it is a record */
    struct buf out;
    int status;

    buf_init(&out, 1 << 22);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t proof[LIMIT_PROOF_COUNT][HASH_BYTES];
        uint8_t root[HASH_BYTES];

        (void)tree_range_root(federation_leaf, &log, 0, sizes[i], root);
        buf_put_fmt(&out, "root %llu 0 ", (unsigned long long)sizes[i]);
        text_hex(&out, span_of(root, HASH_BYTES));
        buf_put_byte(&out, '\n');
        for (size_t k = 0; k <= i; k++) {
            for (int kind = 0; kind < 2; kind++) {
                uint64_t a = kind == 0 ? sizes[k] - 1 : sizes[k];
                int n = kind == 0 ? tree_prove_inclusion(federation_leaf, &log, a, sizes[i], proof)
                                  : tree_prove_consistency(federation_leaf, &log, a, sizes[i], proof);

                buf_put_fmt(&out, "%s %llu %llu", kind == 0 ? "inclusion" : "consistency",
                            (unsigned long long)a, (unsigned long long)sizes[i]);
                for (int j = 0; j < n; j++) {
                    buf_put_byte(&out, ' ');
                    text_hex(&out, span_of(proof[j], HASH_BYTES));
                }
                buf_put_byte(&out, '\n');
            }
        }
    }
    status = save(dir, "trees.txt", buf_span(&out));
    buf_release(&out);
    return status;
}

static int
make_bundles(const char *dir, const struct buf notes[3], const struct roster *last)
{
    static const struct {
        const char *name;
        uint64_t size, index;
        unsigned witnesses;
        bool held;
    } rows[] = {
        {"one.tlog-proof", 1, 0, 0, true},
        {"many.tlog-proof", 1000, 613, 3, true},
        {"bare.tlog-proof", 257, 256, 2, false},
    };
    struct span spans[3] = {buf_span(&notes[0]), buf_span(&notes[1]), buf_span(&notes[2])};
    int status = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct federation_log log;
        struct buf out;

        buf_init(&out, LIMIT_PROOF_BYTES);
        status |= federation_log_make(&log, last, "fr-cnes", rows[i].size, rows[i].index, span_str("a body"));
        federation_bundle(&log, spans, 3, rows[i].witnesses, rows[i].held, &out);
        status |= save(dir, rows[i].name, buf_span(&out));
        federation_log_release(&log);
        buf_release(&out);
    }
    return status;
}

static int
make(const char *dir)
{
    struct roster *last = roster_new();
    struct buf notes[3];
    int status = make_rosters(dir, notes, last);

    status |= make_trees(dir);
    status |= make_bundles(dir, notes, last);
    for (unsigned i = 0; i < 3; i++)
        buf_release(&notes[i]);
    roster_free(last);
    return status;
}

static int
check(const char *path, const char *fingerprint)
{
    static struct bundle_result result;
    struct why why = {.code = WHY_NONE};
    uint8_t hash[HASH_BYTES];
    struct buf text;
    struct buf scratch;
    int status;

    buf_init(&text, LIMIT_PROOF_BYTES);
    buf_init(&scratch, LIMIT_HEADER_BYTES + LIMIT_BODY_BYTES);
    if (file_read(path, &text) != 0 || text_unhex(span_str(fingerprint), hash, sizeof hash) != 0) {
        (void)fprintf(stderr, "usage: vectors check FILE FINGERPRINT\n");
        return 2;
    }
    status = bundle_verify(buf_span(&text), NULL, hash, &scratch, &result, &why);
    if (status != 0)
        (void)printf("%s line %u: %s\n", why_name(why.code), (unsigned)why.line, why.note);
    else
        (void)printf("%s %llu of %llu, roster %llu, %u good, %u lost\n", result.origin,
                     (unsigned long long)result.index, (unsigned long long)result.size,
                     (unsigned long long)result.roster_version, result.good_n, result.lost_n);
    buf_release(&text);
    buf_release(&scratch);
    return status != 0;
}

int
main(int argc, char **argv)
{
    secret_start();
    if (argc == 3 && strcmp(argv[1], "make") == 0)
        return make(argv[2]) != 0;
    if (argc == 4 && strcmp(argv[1], "check") == 0)
        return check(argv[2], argv[3]);
    (void)fprintf(stderr, "usage: vectors make DIR | vectors check FILE FINGERPRINT\n");
    return 2;
}
