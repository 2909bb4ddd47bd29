/*
 * The C half of test_seal.py: each line of standard input is one question, each line of output its answer; all bytes in hex, "-" for none.
 *   seal LOG_KEY LOG SALT PLAIN                 -> RECORD_KEY COMMITMENT SEALED
 *   open LOG_KEY LOG SALT COMMITMENT SEALED     -> PLAIN, or the reason
 *   reveal RECORD_KEY LOG SALT COMMITMENT SEALED-> PLAIN, or the reason
 *   wrap LOG_KEY WRAP_PUBLIC                    -> WRAPPED, or "refused"
 *   unwrap WRAP_SECRET WRAPPED                  -> LOG_KEY, or the reason
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/limit.h"
#include "base/text.h"
#include "crypt/seal.h"

#define WORD_COUNT 6

static struct buf word[WORD_COUNT];

static void
answer(struct span s)
{
    struct buf hex;

    buf_init(&hex, 2 * s.n + 1);
    text_hex(&hex, s);
    (void)printf("%s ", s.n == 0 ? "-" : buf_cstr(&hex));
    buf_release(&hex);
}

static void
read_words(char *line)
{
    int k = 0;

    for (char *w = strtok(line, " \n"); w != NULL && k < WORD_COUNT; w = strtok(NULL, " \n"), k++) {
        size_t n = strcmp(w, "-") == 0 ? 0 : strlen(w) / 2;

        buf_clear(&word[k]);
        if (k == 0)
            buf_put_str(&word[k], w);
        else if (n > 0 && text_unhex(span_str(w), buf_add(&word[k], n), n) != 0)
            exit(2);
    }
}

static void
seal_or_open(const struct secret *key)
{
    struct seal_place place;
    uint8_t record_key[SEAL_KEY_BYTES];
    uint8_t commitment[SEAL_COMMITMENT_BYTES];
    struct why why = {.code = WHY_NONE};
    struct buf out;
    int status;

    memcpy(place.log, word[2].p, SEAL_ID_BYTES);
    memcpy(place.salt, word[3].p, SEAL_ID_BYTES);
    buf_init(&out, LIMIT_BODY_BYTES);
    if (span_is(buf_span(&word[0]), "seal")) {
        seal_reveal(key, &place, record_key);
        status = seal_body(key, &place, buf_span(&word[4]), &out, commitment, &why);
        answer(span_of(record_key, sizeof record_key));
        answer(span_of(commitment, sizeof commitment));
    } else if (span_is(buf_span(&word[0]), "open"))
        status = seal_open(key, &place, buf_span(&word[4]), buf_span(&word[5]), &out, &why);
    else
        status = seal_open_revealed(word[1].p, &place, buf_span(&word[4]), buf_span(&word[5]), &out, &why);
    if (status == 0)
        answer(buf_span(&out));
    else
        (void)printf("%s", why_name(why.code));
    buf_release(&out);
}

int
main(void)
{
    static char line[4 * LIMIT_BODY_BYTES];

    secret_start();
    for (int k = 0; k < WORD_COUNT; k++)
        buf_init(&word[k], LIMIT_BODY_BYTES);
    while (fgets(line, sizeof line, stdin) != NULL) {
        uint8_t wrapped[SEAL_WRAPPED_BYTES];
        struct why why = {.code = WHY_NONE};
        struct secret *key;

        read_words(line);
        key = secret_new_copy(word[1].p);
        if (span_is(buf_span(&word[0]), "wrap")) {
            if (seal_wrap(key, word[2].p, wrapped) == 0)
                answer(span_of(wrapped, sizeof wrapped));
            else
                (void)printf("refused");
        } else if (span_is(buf_span(&word[0]), "unwrap")) {
            struct secret *got = seal_unwrap(key, buf_span(&word[2]), &why);

            if (got != NULL)
                answer(span_of(secret_bytes(got), SECRET_BYTES));
            else
                (void)printf("%s", why_name(why.code));
            secret_free(got);
        } else
            seal_or_open(key);
        (void)printf("\n");
        secret_free(key);
    }
    for (int k = 0; k < WORD_COUNT; k++)
        buf_release(&word[k]);
    return 0;
}
