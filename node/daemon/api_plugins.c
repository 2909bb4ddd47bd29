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
    return 0;
}
