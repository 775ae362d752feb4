/* models.h - runs the models of forecast.c by their tables. After forecast.c and the headers of tests/. */
#ifndef PSC_TEST_MODELS_H
#define PSC_TEST_MODELS_H

/* A task without periods and regressors, whose paths have no bounds. */
static inline fc_task task_of(const double *y, size_t n, int32_t horizon, const void *options)
{
    fc_task task;

    memset(&task, 0, sizeof task);
    task.y = y;
    task.n = n;
    task.horizon = horizon;
    task.options = options;
    task.low = -FC_FAR;
    task.high = FC_FAR;
    return task;
}

/* Adds a period, if it fits the series. */
static inline void task_season(fc_task *task, int32_t m)
{
    if (fc_season_fits(m, task->n)) task->period[task->periods++] = m;
}

/* A room of exactly its size after a fit; NULL: the model is not for this series. units may be NULL. */
static inline void *fitted(const fc_model *model, const fc_task *task, int fill, long *units)
{
    void *room = block_new(8 * model->words(task), fill);
    long count = 1;

    if (!model->begin(task, room)) {
        free(room);
        return NULL;
    }
    while (model->step(task, room)) count++;
    if (units) *units = count;
    return room;
}

/* The same fit in a room that held something else and is moved half way. */
static inline void *fitted_moved(const fc_model *model, const fc_task *task, int fill, long units)
{
    const size_t bytes = 8 * model->words(task);
    void *room = block_new(bytes, fill), *moved;
    long i;

    CHECK(model->begin(task, room));
    for (i = 0; i < units / 2; i++) CHECK(model->step(task, room));
    moved = block_copy(room, bytes);
    memset(room, 0x55, bytes);
    free(room);
    while (model->step(task, moved)) continue;
    return moved;
}

static inline void check_parameters(const fc_model *model, const void *room)
{
    const size_t count = model->parameters(room, NULL);
    double *parameter = (double *)block_new(count * 8 + 8, 0);

    CHECK_INT(model->parameters(room, parameter), count);
    CHECK(all_within(parameter, count, -DBL_MAX, DBL_MAX));
    CHECK(parameter[count] == 0.0);                         /* no more was written */
    free(parameter);
}

/* No words for a series that cannot be. */
static inline void check_too_long(const fc_model *model, const fc_task *task)
{
    fc_task huge = *task;

    CHECK(model->words(&huge) > 0);
    huge.n = SIZE_MAX / 8;
    CHECK_INT(model->words(&huge), 0);
}

/* A path as far as the task asks, finite. */
static inline void sound_path(const fc_model *model, const fc_task *task, const void *room, double *path)
{
    model->path(room, (size_t)task->horizon, path);
    CHECK(all_within(path, (size_t)task->horizon, -FC_FAR, FC_FAR));
}

/* What a model owes for every series:
 *   - its fit ends within `most` units, with finite parameters and a finite path of horizon steps, 64 at most;
 *   - the same bits whatever the room held, and after it was moved half way;
 *   - finite paths after values that have nothing to do with the sample;
 *   - rewound then, and shown the sample, the path that it had (with exact = 0 only a finite one).
 * 0: the model is not for this series. */
static inline int check_model(const fc_model *model, const fc_task *task, long most, int exact)
{
    static const double wild[8] = {1e15, -1e15, 0.0, 1e-300, -1.0, 1e15, 1e15, 3.0};
    const size_t bytes = (size_t)task->horizon * sizeof(double);
    double path[64], other[64];
    long units = 0;
    void *room = fitted(model, task, 0x00, &units), *moved;
    size_t t;

    if (!room) return 0;
    CHECK(units <= most);
    check_parameters(model, room);
    sound_path(model, task, room, path);
    moved = fitted_moved(model, task, 0xFF, units);
    model->path(moved, (size_t)task->horizon, other);
    CHECK(memcmp(path, other, bytes) == 0);
    free(moved);
    for (t = 0; t < 40; t++) {
        model->observe(room, wild[t % 8]);
        if (t % 5 == 4) sound_path(model, task, room, other);
    }
    t = model->rewind(task, room);
    CHECK(t <= task->n);
    for (; t < task->n; t++) model->observe(room, task->y[t]);
    sound_path(model, task, room, other);
    CHECK(!exact || memcmp(path, other, bytes) == 0);
    free(room);
    return 1;
}

#endif
