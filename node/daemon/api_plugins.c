/* What the plug role says of its plugins, kept in memory for whoever asks for the status. The core's thread. */
#include "daemon/api_internal.h"

#include "wire/unpack.h"

int
api_plugins_answer(struct api_call *c)
{
    Parallax__V1__PluginsRequest *q = c->request->plugins;
    Parallax__V1__PluginsAnswer *out = api_answer_alloc(c, sizeof *out);

    if (out == NULL)
        return -1;
    if (q->n_plugins > LIMIT_PLUGIN_COUNT ||
        parallax__v1__plugins_request__get_packed_size(q) > LIMIT_PLUGIN_REPORT_BYTES)
        return api_answer_refuse(c, WHY_LIMIT, "plugins", "more than this node keeps");
    for (size_t i = 0; i < q->n_plugins; i++)
        q->plugins[i]->reported_ms = c->ctx->wall_ms;
    buf_clear(c->plugins);
    pack(&q->base, c->plugins);
    if (buf_failed(c->plugins)) /* the times of this clock did not fit any more, or no memory */
        buf_clear(c->plugins);
    parallax__v1__plugins_answer__init(out);
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_PLUGINS;
    c->answer->plugins = out;
    return 0;
}

static int
take_time(void *cookie, uint32_t no, uint64_t index, uint64_t delivery, int64_t received_ms,
          const struct store_record *record)
{
    int64_t *out = cookie;

    (void)no, (void)index, (void)delivery, (void)record;
    *out = received_ms;
    return 1;
}

/* Since when ${p} is behind: one look at the store, whatever lies between. */
static void
look_behind(struct api_call *c, Parallax__V1__PluginStatus *p)
{
    uint8_t incarnation[16];
    uint64_t next = 1;
    int64_t ms = 0;

    store_incarnation(c->ctx->store, incarnation);
    if (p->incarnation.len == sizeof incarnation &&
        memcmp(p->incarnation.data, incarnation, sizeof incarnation) == 0)
        next = p->cursor < INT64_MAX ? p->cursor + 1 : INT64_MAX;
    if (!p->no_records && next <= c->visible)
        (void)store_visible(c->ctx->store, next, true, NULL, INT64_MIN, INT64_MAX, 1, take_time, &ms, &next);
    p->behind_since_ms = ms;
}

int
api_plugins_fill(struct api_call *c, Parallax__V1__StatusAnswer *out)
{
    Parallax__V1__PluginsRequest *kept;
    struct why why;

    if (c->plugins == NULL || c->plugins->n == 0)
        return 0;
    why_clear(&why);
    kept =
        (Parallax__V1__PluginsRequest *)unpack(&parallax__v1__plugins_request__descriptor,
                                               buf_span(c->plugins), false, WHY_FRAME_SHAPE, c->arena, &why);
    if (kept == NULL)
        return -1;
    out->plugins = kept->plugins;
    out->n_plugins = kept->n_plugins;
    for (size_t i = 0; i < out->n_plugins; i++)
        look_behind(c, out->plugins[i]);
    return 0;
}
