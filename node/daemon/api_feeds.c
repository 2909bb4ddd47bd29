/* What the feed role says of its sockets, kept in memory for whoever asks for the status. The core's thread. */
#include "daemon/api_internal.h"

#include "wire/unpack.h"

int
api_feeds_answer(struct api_call *c)
{
    Parallax__V1__FeedsRequest *q = c->request->feeds;
    Parallax__V1__FeedsAnswer *out = api_answer_alloc(c, sizeof *out);

    if (out == NULL)
        return -1;
    for (size_t i = 0; i < q->n_feeds; i++)
        q->feeds[i]->reported_ms = c->ctx->wall_ms;
    if (parallax__v1__feeds_request__get_packed_size(q) > LIMIT_FEED_REPORT_BYTES)
        return api_answer_refuse(c, WHY_LIMIT, "feeds", "more than this node keeps");
    buf_clear(c->feeds);
    pack(&q->base, c->feeds);
    if (buf_failed(c->feeds)) /* no memory */
        buf_clear(c->feeds);
    parallax__v1__feeds_answer__init(out);
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_FEEDS;
    c->answer->feeds = out;
    return 0;
}

int
api_feeds_fill(struct api_call *c, Parallax__V1__StatusAnswer *out)
{
    Parallax__V1__FeedsRequest *kept;
    struct why why;

    if (c->feeds == NULL || c->feeds->n == 0)
        return 0;
    why_clear(&why);
    kept = (Parallax__V1__FeedsRequest *)unpack(&parallax__v1__feeds_request__descriptor, buf_span(c->feeds),
                                                false, WHY_FRAME_SHAPE, c->arena, &why);
    if (kept == NULL)
        return -1;
    out->feeds = kept->feeds;
    out->n_feeds = kept->n_feeds;
    return 0;
}
