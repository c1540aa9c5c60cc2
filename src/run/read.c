/* What a solver that reads text is given: made only for such a solver. */
#include "run/run_int.h"

#include "base/limits.h"

#include "base/banned.h"

bool tare__read_scene(struct tare_play *p, uint32_t index)
{
    const struct tare_play_setup *s = p->setup;
    tare_buf_init(&p->obs_text, p->arena->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_buf_init(&p->brief, p->arena->alc, TARE_MAX_STEP_BODY_BYTES);
    if (s->world->brief)
        s->world->brief(s->w, &p->brief);
    p->scene = (struct tare_scene){.world = tare_str_of(s->world->name),
                                   .brief = tare_buf_str(&p->brief),
                                   .attempt = index,
                                   .max_steps = s->max_steps,
                                   .talks = s->world->talks};
    if (s->world->answer_schema)
        p->scene.answer_schema = s->world->answer_schema(s->w);
    p->scene.tools = s->world->tools(s->w, &p->scene.n_tools);
    return !p->brief.failed;
}

bool tare__read_obs(struct tare_play *p, struct tare_event *event)
{
    struct tare_json_writer w;
    tare_buf_reset(&p->obs_text);
    tare_json_writer_init(&w, &p->obs_text);
    p->setup->world->obs_json(p->setup->w, &w);
    event->body = tare_buf_str(&p->obs_text);
    event->scene = &p->scene;
    return !p->obs_text.failed;
}
