/* Quiescent-state-based reclamation with a conditional global epoch.
 *
 * Roles. Participants announce quiescent states by copying the domain's epoch into their `seen`.
 * Retirers unlink nodes and stamp batches of them with the epoch. Anybody may end the epoch E, by
 * compare-and-swap to E+1, after having seen `seen == E` or offline in every record. (An epoch is
 * an odd number and a step is 2, so that 0 can stand for offline; this text counts steps.)
 * All of these may run at the same time in any number of threads.
 *
 * Guarantees.
 * 1. A batch stamped e is reclaimed only when the epoch is e+2 or later.
 * 2. Then nobody holds a node of it. A participant could reach one of its nodes only through a
 *    pointer read before the unlinking. The stamp is a read-modify-write of the epoch that comes
 *    after the unlinking and reads e, so whoever reads e+1 has, through the release sequence, all
 *    unlinkings of the batch behind it. The end of e+1 was seen by somebody who read every `seen`
 *    as e+1 or offline: each participant has passed a quiescent state after reading e+1 (and
 *    finds none of the nodes from there on), or went offline, or was offline.
 * 3. A participant that comes online during all this is either seen, or finds nothing. It writes
 *    `seen` and then does a read-modify-write of the epoch, which reads v. Nodes stamped v-1 or
 *    earlier were unlinked, and visibly so to that operation. To reclaim nodes stamped v or later,
 *    the epoch has to go to v+1 and then to v+2; whoever does the latter has read v+1 from a chain
 *    of read-modify-writes behind ours, so it sees our `seen` (and our record in the list), which
 * is v or, if it was a bad guess, less: not v+1 before we have passed.
 * 4. What a participant did with a node comes before the node's reclamation: its release store of
 *    `seen` is read, acquire, by who ends the epoch, whose compare-and-swap is read, acquire, by
 *    who reclaims.
 * No fences are needed: everything hangs on the modification order of `epoch`.
 *
 * Progress. Everything is wait-free but for two lock-free pushes (of a new record, of orphans).
 * That epochs end needs every online participant to pass.
 *
 * Memory. Records are never released before the domain: scans walk them without protection.
 * Unregistered ones are claimed again. Nodes belong to who retired them until reclaimed; nodes of
 * one who goes offline become orphans, and the adopter's, who stamps them anew.
 *
 * References: in qsbr.h; the two-step rule is that of Fraser, "Practical lock-freedom" (2004),
 * 5.2.3, with quiescent states in the place of critical sections. */
#include "ds/qsbr.h"

enum { GRACE_STEPS = 2 };

enum rsl_status rsl_qsbr_create(const struct rsl_allocator *allocator, struct rsl_qsbr **domain_out)
{
    struct rsl_qsbr *domain = allocator->allocate(allocator->state, sizeof *domain);
    if (domain == NULL)
        return RSL_ENOMEM;
    domain->allocator = allocator;
    rsl_ptr_init(&domain->participants, NULL);
    rsl_u64_init(&domain->epoch, 1);
    rsl_ptr_init(&domain->orphans, NULL);
    *domain_out = domain;
    return RSL_OK;
}

static void reclaim_all(struct rsl_qsbr_node *node)
{
    while (node != NULL) {
        struct rsl_qsbr_node *next = node->next; /* the node will not outlive the call */
        node->reclaim(node);
        node = next;
    }
}

void rsl_qsbr_destroy(struct rsl_qsbr *domain)
{
    if (domain == NULL)
        return;
    const struct rsl_allocator *allocator = domain->allocator;
    /* Acquire: pairs with the push in orphan(). */
    reclaim_all(rsl_ptr_load_acquire(&domain->orphans));
    struct rsl_qsbr_participant *record = rsl_ptr_load_acquire(&domain->participants);
    while (record != NULL) {
        struct rsl_qsbr_participant *next = record->next;
        allocator->release(allocator->state, record, sizeof *record);
        record = next;
    }
    allocator->release(allocator->state, domain, sizeof *domain);
}

/* Ends epoch `epoch`, unless somebody has not passed in it yet, or somebody else ends it. */
static void try_advance(struct rsl_qsbr *domain, uint64_t epoch)
{
    /* Acquire: pairs with the push in rsl_qsbr_register(); guarantee 3 is why it is not missed. */
    const struct rsl_qsbr_participant *record = rsl_ptr_load_acquire(&domain->participants);
    for (; record != NULL; record = record->next) {
        /* Acquire: pairs with the release stores of `seen`: guarantee 4. */
        const uint64_t seen = rsl_u64_load_acquire(&record->seen);
        if (seen != epoch && seen != RSL_QSBR_OFFLINE)
            return;
    }
    RSL_YIELD_POINT();
    /* Acquire and release: hands on all that was seen here, and what the stampers of this epoch
     * handed to it (guarantee 2). */
    (void)rsl_u64_cas_acq_rel(&domain->epoch, &epoch, epoch + RSL_QSBR_EPOCH_STEP);
}

static bool is_over(uint64_t epoch, uint64_t stamp)
{
    return epoch - stamp >= GRACE_STEPS * RSL_QSBR_EPOCH_STEP;
}

uint64_t rsl_qsbr_stamp(struct rsl_qsbr_participant *participant)
{
    /* Adds nothing: this is a read that has a place in the modification order (guarantee 2). */
    return rsl_u64_fetch_add_acq_rel(&participant->domain->epoch, 0);
}

bool rsl_qsbr_passed(struct rsl_qsbr_participant *participant, uint64_t stamp)
{
    struct rsl_qsbr *domain = participant->domain;
    /* Acquire, here and below: pairs with the end of the epoch in try_advance(): guarantee 4. */
    const uint64_t epoch = rsl_u64_load_acquire(&domain->epoch);
    if (is_over(epoch, stamp))
        return true;
    try_advance(domain, epoch);
    return is_over(rsl_u64_load_acquire(&domain->epoch), stamp);
}

/* Moves `from` to the end of `to`. */
static void append(struct rsl_qsbr_list *to, struct rsl_qsbr_list *from)
{
    if (from->head == NULL)
        return;
    if (to->head == NULL)
        to->head = from->head;
    else
        to->tail->next = from->head;
    to->tail = from->tail;
    from->head = NULL;
}

static void adopt_orphans(struct rsl_qsbr_participant *participant)
{
    if (rsl_ptr_load_relaxed(&participant->domain->orphans) == NULL) /* a hint */
        return;
    /* Takes all or nothing, so that no element can come back under a thread that looks at it.
     * Acquire: pairs with the push in orphan(). */
    struct rsl_qsbr_list adopted = {rsl_ptr_exchange_acq_rel(&participant->domain->orphans, NULL),
                                    NULL};
    if (adopted.head == NULL)
        return;
    for (adopted.tail = adopted.head; adopted.tail->next != NULL;)
        adopted.tail = adopted.tail->next;
    append(&participant->open, &adopted);
}

static void collect(struct rsl_qsbr_participant *participant)
{
    if (participant->closed.head != NULL && rsl_qsbr_passed(participant, participant->stamp)) {
        struct rsl_qsbr_node *free_now = participant->closed.head;
        participant->closed.head = NULL; /* first: reclaim functions may retire */
        reclaim_all(free_now);
    }
    adopt_orphans(participant);
    if (participant->closed.head == NULL && participant->open.head != NULL) {
        append(&participant->closed, &participant->open);
        participant->stamp = rsl_qsbr_stamp(participant);
        (void)rsl_qsbr_passed(participant, participant->stamp); /* ends the epoch if it can */
    }
}

void rsl_qsbr_pass(struct rsl_qsbr_participant *participant, uint64_t epoch)
{
    RSL_YIELD_POINT();
    /* Release: what this thread did with shared memory comes before: guarantee 4. */
    rsl_u64_store_release(&participant->seen, epoch);
    collect(participant);
}

void rsl_qsbr_online(struct rsl_qsbr_participant *participant)
{
    /* Relaxed: a guess. */
    const uint64_t epoch = rsl_u64_load_relaxed(&participant->domain->epoch);
    /* Release, although the read-modify-write below publishes it (guarantee 3): whoever reads this
     * value must also see what the participant did before it went offline, as if it read the value
     * that rsl_qsbr_offline() stored. C++20 took that out of release sequences. */
    rsl_u64_store_release(&participant->seen, epoch);
    RSL_YIELD_POINT();
    const uint64_t now = rsl_u64_fetch_add_acq_rel(&participant->domain->epoch, 0);
    if (now != epoch)
        rsl_u64_store_release(&participant->seen, now); /* a quiescent state: see rsl_qsbr_pass() */
}

/* Gives the rest to the others. */
static void orphan(struct rsl_qsbr_participant *participant)
{
    append(&participant->closed, &participant->open);
    struct rsl_qsbr_list *list = &participant->closed;
    if (list->head == NULL)
        return;
    /* Relaxed: nothing is read through it. */
    void *head = rsl_ptr_load_relaxed(&participant->domain->orphans);
    do {
        RSL_YIELD_POINT();
        list->tail->next = head;
        /* Release: the nodes, and their having been unlinked; pairs with adopt_orphans(). */
    } while (!rsl_ptr_cas_release(&participant->domain->orphans, &head, list->head));
    list->head = NULL;
}

void rsl_qsbr_offline(struct rsl_qsbr_participant *participant)
{
    /* Release: as in rsl_qsbr_pass(). */
    rsl_u64_store_release(&participant->seen, RSL_QSBR_OFFLINE);
    /* If nobody else is online, nobody may pass for a long time; but then this alone suffices. */
    for (int round = 0; round < 2 * GRACE_STEPS; round++) {
        if (participant->closed.head == NULL && participant->open.head == NULL)
            return;
        collect(participant);
    }
    orphan(participant);
}

static struct rsl_qsbr_participant *claim_record(struct rsl_qsbr *domain)
{
    /* Acquire: pairs with the push in rsl_qsbr_register(). */
    struct rsl_qsbr_participant *record = rsl_ptr_load_acquire(&domain->participants);
    for (; record != NULL; record = record->next) {
        uint32_t in_use = rsl_u32_load_relaxed(&record->in_use); /* a hint */
        /* Acquire: pairs with the release in rsl_qsbr_unregister(): the record is as left there. */
        if (in_use == 0 && rsl_u32_cas_acquire(&record->in_use, &in_use, 1))
            return record;
    }
    return NULL;
}

enum rsl_status rsl_qsbr_register(struct rsl_qsbr *domain,
                                  struct rsl_qsbr_participant **participant_out)
{
    struct rsl_qsbr_participant *record = claim_record(domain);
    if (record == NULL) {
        record = domain->allocator->allocate(domain->allocator->state, sizeof *record);
        if (record == NULL)
            return RSL_ENOMEM;
        rsl_u64_init(&record->seen, RSL_QSBR_OFFLINE);
        rsl_u32_init(&record->in_use, 1);
        record->domain = domain;
        record->open = record->closed = (struct rsl_qsbr_list){NULL, NULL};
        record->stamp = 0;
        void *head = rsl_ptr_load_relaxed(&domain->participants); /* not looked into */
        do {
            RSL_YIELD_POINT();
            record->next = head;
            /* Release: the record's contents; pairs with the loads of `participants`. */
        } while (!rsl_ptr_cas_release(&domain->participants, &head, record));
    }
    rsl_qsbr_online(record);
    *participant_out = record;
    return RSL_OK;
}

void rsl_qsbr_unregister(struct rsl_qsbr_participant *participant)
{
    if (participant == NULL)
        return;
    rsl_qsbr_offline(participant);
    rsl_u32_store_release(&participant->in_use, 0); /* pairs with claim_record() */
}
