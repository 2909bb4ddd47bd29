#include "cli/remark.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/send.h"

void
remark_init(struct remark *r, const struct args *a, const char *format, const char *notice)
{
    *r = (struct remark){.args = a, .format = format};
    randombytes_buf(r->key, sizeof r->key);
    buf_init(&r->json, LIMIT_BODY_BYTES);
    buf_put_str(&r->json, "{\"notice\": ");
    text_json(&r->json, span_str(notice));
}

void
remark_release(struct remark *r)
{
    buf_release(&r->json);
}

void
remark_put(struct remark *r, const char *keyword, const char *value)
{
    if (value == NULL || value[0] == 0)
        return;
    buf_put_fmt(&r->json, ",\n\"%s\": ", keyword);
    text_json(&r->json, span_str(value));
}

int
remark_put_number(struct remark *r, const char *keyword, const char *value)
{
    double number;

    if (value == NULL || value[0] == 0)
        return 0;
    if (num_double(span_str(value), &number) != 0 || strspn(value, "0123456789.eE+-") != strlen(value) ||
        strchr("+.", value[0]) != NULL)
        return -1;
    buf_put_fmt(&r->json, ",\n\"%s\": %s", keyword, value);
    return 0;
}

void
remark_put_option(struct remark *r, const char *keyword, const char *option)
{
    remark_put(r, keyword, args_get(r->args, option));
}

void
remark_put_head(struct remark *r, const char *word, const char *node)
{
    char id[UTC_TEXT_MAX + 64];

    utc_print(clock_utc(), 3, r->issued);
    (void)snprintf(id, sizeof id, "%s %.60s", r->issued, word);
    remark_put(r, "id", id);
    remark_put(r, "issued", r->issued);
    remark_put(r, "issuer", r->issuer != NULL ? r->issuer : node);
}

int
remark_send(struct remark *r, struct client *c, Parallax__V1__Mode mode, char id[RECORD_ID_TEXT_MAX])
{
    struct send s = {.args = r->args, .client = c, .class_name = "", .mode = mode};
    struct load l;
    int status;

    s.audience = r->audience != NULL ? r->audience : "open";
    buf_put_str(&r->json, "}\n");
    memcpy(s.key, r->key, sizeof s.key);
    load_init(&l, "-");
    status = buf_failed(&r->json)
                 ? args_fail(r->args, "too long: expected at most %d bytes", LIMIT_BODY_BYTES)
                 : load_text(&l, r->args->word, buf_span(&r->json), r->format);
    if (status == EXIT_DONE)
        status = send_file(&s, &l);
    if (status == EXIT_DONE)
        record_id_print(s.ranges[0].log, s.ranges[0].first, id);
    free(s.ranges);
    load_release(&l);
    return status;
}

int
remark_node(struct client *c, char name[LIMIT_NAME_BYTES + 1])
{
    Parallax__V1__StatusRequest plain = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_STATUS);
    Parallax__V1__Answer *answer;
    int status = EXIT_DONE;

    request.status = &plain;
    answer = client_ask(c, &request, &status);
    if (answer == NULL)
        return status;
    (void)snprintf(name, LIMIT_NAME_BYTES + 1, "%s", answer->status->node);
    client_answer_free(answer);
    return EXIT_DONE;
}
