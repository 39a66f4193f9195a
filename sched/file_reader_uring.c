/* file_reader_uring.c - files by linked requests of a ring.
 *
 * File i of a start has slot i mod depth: a buffer, and a descriptor of the ring. Its requests are
 *
 *     open into the slot's descriptor, which closes what was there
 *     read from where the descriptor stands, into the buffer
 *     read again, a few bytes: none is the end
 *
 * If the first fails, the kernel cancels the others; the second goes on to the third even if it is
 * short. A file is good if the last says that there is no more and the first gave something.
 * All else (errors, larger files, what may be no file) goes to the plain calls, which tell what the
 * matter is. Answers carry the slot and a number that the slot gets anew with each file, since
 * answers to requests that were cancelled may come late, or not at all.
 *
 * As long as the reader is cold `depth` files are on their way; when those that begin a round are
 * all there by the time that the call that submits them returns, it is so no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>

#include "sched/file_reader_internal.h"

enum {
    CAPACITY = 1 << 16, /* bytes of a file: of 16, 32 and 64 KiB the best */
    REST = 64,          /* bytes asked for behind those */
    REFILL = 16,        /* when cold, submit so many at a time */
    REQUESTS_A_FILE = 3,
    ANSWERS_A_FILE = 2,
    LEAST_DEPTH = 4, /* to be content with */
};

enum kind { OPEN, READ, READ_REST, CANCEL };

/* After so long without any answer the file waited for may be the end of a pipe, to which somebody
 * may write some day. */
#define NKINDS      4
#define PATIENCE_NS 200000000

struct slot {
    uint32_t number;   /* of the answers that count */
    int nread, nrest;  /* what the two reads gave */
    unsigned nawaited; /* answers to come; 0: done */
    bool failed;
};

struct rsl_file_ring {
    const struct rsl_allocator *allocator;
    unsigned depth;
    struct io_uring ring;
    struct slot *slots;
    uint8_t *buffers; /* depth times CAPACITY, REST and RSL_PAD */
    size_t nstarted;  /* files whose requests have been made */
    size_t nawaited;  /* answers */
    bool broken;      /* the kernel takes no requests any more */
};

#define STRIDE ((size_t)CAPACITY + REST + RSL_PAD)

/* ---- beginning and end */

static int set_up(struct rsl_file_ring *ring)
{
    /* Answers are wanted only when we ask for them. Linux before 6.1 does not know these. */
    static const unsigned flags[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0};
    int error = -EINVAL;
    for (size_t i = 0; i < sizeof flags / sizeof *flags && error == -EINVAL; i++)
        error = io_uring_queue_init(ring->depth * REQUESTS_A_FILE, &ring->ring, flags[i]);
    if (error != 0)
        return error;
    error = ring->ring.features & IORING_FEAT_CQE_SKIP ? 0 : -ENOSYS;
    if (error == 0)
        error = io_uring_register_files_sparse(&ring->ring, ring->depth);
    if (error != 0)
        io_uring_queue_exit(&ring->ring);
    return error;
}

static void free_memory(struct rsl_file_ring *ring)
{
    const struct rsl_allocator *allocator = ring->allocator;
    if (ring->buffers != NULL)
        allocator->release(allocator->state, ring->buffers, ring->depth * STRIDE);
    if (ring->slots != NULL)
        allocator->release(allocator->state, ring->slots, ring->depth * sizeof *ring->slots);
    allocator->release(allocator->state, ring, sizeof *ring);
}

static int create(const struct rsl_allocator *allocator, unsigned depth,
                  struct rsl_file_ring **ring_out, bool *may_be_smaller_out)
{
    struct rsl_file_ring *ring = allocator->allocate(allocator->state, sizeof *ring);
    if (ring == NULL)
        return -ENOMEM;
    *ring = (struct rsl_file_ring){.allocator = allocator, .depth = depth};
    ring->slots = allocator->allocate(allocator->state, depth * sizeof *ring->slots);
    ring->buffers = allocator->allocate(allocator->state, depth * STRIDE);
    int error = -ENOMEM;
    if (ring->slots != NULL && ring->buffers != NULL) {
        memset(ring->slots, 0, depth * sizeof *ring->slots);
        error = set_up(ring);
        *may_be_smaller_out = error == -EMFILE || error == -ENOMEM;
    }
    if (error != 0)
        free_memory(ring);
    else
        *ring_out = ring;
    return error;
}

int rsl_file_ring_create(const struct rsl_allocator *allocator, unsigned depth,
                         struct rsl_file_ring **ring_out)
{
    int error;
    bool may_be_smaller;
    do { /* limits on descriptors count the ring's too, and older kernels' on locked memory */
        may_be_smaller = false;
        error = create(allocator, depth, ring_out, &may_be_smaller);
        depth /= 2;
    } while (may_be_smaller && depth >= LEAST_DEPTH);
    return error;
}

/* ---- answers */

static void take_answer(struct rsl_file_ring *ring, const struct io_uring_cqe *answer)
{
    const uint64_t data = answer->user_data;
    const enum kind kind = (enum kind)(data % NKINDS);
    const size_t index = (size_t)(uint32_t)data / NKINDS;
    struct slot *slot = &ring->slots[index];
    if (kind == CANCEL || index >= ring->depth || slot->number != (uint32_t)(data >> 32) ||
        slot->nawaited == 0)
        return;
    switch (kind) {
    case OPEN: /* comes only if it failed */
        slot->failed = true;
        ring->nawaited -= slot->nawaited;
        slot->nawaited = 0;
        return;
    case READ: slot->nread = answer->res; break;
    default: slot->nrest = answer->res; break;
    }
    slot->failed = slot->failed || answer->res < 0;
    slot->nawaited--;
    ring->nawaited--;
}

static void take_answers(struct rsl_file_ring *ring)
{
    struct io_uring_cqe *answer;
    unsigned head, n = 0;
    io_uring_for_each_cqe(&ring->ring, head, answer)
    {
        take_answer(ring, answer);
        n++;
    }
    io_uring_cq_advance(&ring->ring, n);
}

/* Submits what there is, and waits for that many answers, at most so long. What failed for want of
 * something is tried again with the next call. */
static void enter(struct rsl_file_ring *ring, size_t nanswers, long timeout_ns)
{
    struct __kernel_timespec timeout = {.tv_nsec = timeout_ns};
    struct io_uring_cqe *first = NULL;
    const int result =
        io_uring_submit_and_wait_timeout(&ring->ring, &first, (unsigned)nanswers, &timeout, NULL);
    ring->broken = result < 0 && result != -ETIME && result != -EINTR && result != -EAGAIN &&
                   result != -EBUSY && result != -ENOMEM;
    take_answers(ring);
}

/* ---- requests */

static uint64_t data_of(const struct rsl_file_ring *ring, size_t index, enum kind kind)
{
    return (uint64_t)ring->slots[index].number << 32 | (index * NKINDS + kind);
}

static void start_file(struct rsl_file_ring *ring, const struct rsl_file_reader *reader)
{
    const size_t index = ring->nstarted % ring->depth;
    struct slot *slot = &ring->slots[index];
    uint8_t *buffer = ring->buffers + index * STRIDE;
    *slot = (struct slot){.number = slot->number + 1, .nawaited = ANSWERS_A_FILE};
    /* There is room: `depth` files have at most as many requests as the queue. */
    struct io_uring_sqe *request = io_uring_get_sqe(&ring->ring);
    io_uring_prep_openat_direct(request, reader->folder, reader->paths[ring->nstarted],
                                O_RDONLY | O_NOCTTY | O_NONBLOCK, 0, (unsigned)index);
    request->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(request, data_of(ring, index, OPEN));
    request = io_uring_get_sqe(&ring->ring);
    io_uring_prep_read(request, (int)index, buffer, CAPACITY, (uint64_t)-1);
    request->flags |= IOSQE_FIXED_FILE | IOSQE_IO_HARDLINK;
    io_uring_sqe_set_data64(request, data_of(ring, index, READ));
    request = io_uring_get_sqe(&ring->ring);
    io_uring_prep_read(request, (int)index, buffer + CAPACITY, REST, (uint64_t)-1);
    request->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(request, data_of(ring, index, READ_REST));
    ring->nstarted++;
    ring->nawaited += ANSWERS_A_FILE;
}

/* Has as many files on their way as there should be. */
static void fill(struct rsl_file_ring *ring, struct rsl_file_reader *reader)
{
    if (ring->nstarted < reader->next)
        ring->nstarted = reader->next;
    const size_t nunderway = ring->nstarted - reader->next;
    const size_t nleft = reader->npaths - ring->nstarted;
    if (!reader->cold || nleft == 0 || (nunderway > 0 && nunderway + REFILL > ring->depth))
        return;
    size_t n = ring->depth - nunderway < nleft ? ring->depth - nunderway : nleft;
    while (n-- > 0)
        start_file(ring, reader);
    enter(ring, ring->nawaited, 0);
    if (nunderway == 0)
        reader->cold = ring->nawaited > 0;
}

/* Has the kernel give up what it has not begun, or is waiting with. */
static void cancel(struct rsl_file_ring *ring, size_t index)
{
    for (enum kind kind = OPEN; kind < CANCEL; kind++) {
        struct io_uring_sqe *request = io_uring_get_sqe(&ring->ring);
        if (request == NULL)
            return; /* the kernel has not even taken what was to be submitted */
        io_uring_prep_cancel64(request, data_of(ring, index, kind), 0);
        io_uring_sqe_set_data64(request, data_of(ring, index, CANCEL));
    }
}

/* Waits until all answers of a slot are there. */
static void wait_for(struct rsl_file_ring *ring, size_t index)
{
    while (ring->slots[index].nawaited > 0 && !ring->broken) {
        const size_t before = ring->nawaited;
        enter(ring, 1, PATIENCE_NS);
        if (ring->nawaited == before)
            cancel(ring, index);
    }
}

bool rsl_file_ring_has(const struct rsl_file_ring *ring, const struct rsl_file_reader *reader)
{
    return ring->nstarted > reader->next;
}

bool rsl_file_ring_next(struct rsl_file_ring *ring, struct rsl_file_reader *reader,
                        struct rsl_file_contents *file)
{
    if (ring->broken)
        return false;
    fill(ring, reader);
    const size_t index = reader->next % ring->depth;
    wait_for(ring, index);
    const struct slot *slot = &ring->slots[index];
    if (slot->nawaited > 0 || slot->failed || slot->nread == 0 || slot->nrest != 0)
        return false;
    uint8_t *buffer = ring->buffers + index * STRIDE;
    memset(buffer + slot->nread, 0, RSL_PAD);
    file->bytes = buffer;
    file->nbytes = (size_t)slot->nread;
    return true;
}

void rsl_file_ring_start(struct rsl_file_ring *ring)
{
    for (size_t i = 0; i < ring->depth && ring->nawaited > 0; i++)
        wait_for(ring, i);
    ring->nstarted = 0;
}

void rsl_file_ring_destroy(struct rsl_file_ring *ring)
{
    if (ring == NULL)
        return;
    rsl_file_ring_start(ring);
    /* Of a broken ring some files may be on their way for ever. */
    const size_t nfiles = io_uring_sq_ready(&ring->ring) / REQUESTS_A_FILE; /* not submitted */
    const bool in_use = ring->nawaited > nfiles * ANSWERS_A_FILE;
    io_uring_queue_exit(&ring->ring);
    if (in_use)
        ring->buffers =
            NULL; /* the kernel may yet write there: better lost than handed out again */
    free_memory(ring);
}
