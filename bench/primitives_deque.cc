#include "bench/primitives_deque.h"
#include "bench/primitives_ours.h"

#include "ds/deque.h"

/* Items are numbers from 1 on, in the place of pointers. */
class our_deque
{
  public:
    our_deque()
    {
        check(rsl_deque_init(&deque, nullptr, 64) == RSL_OK, "there is memory");
    }
    ~our_deque()
    {
        rsl_deque_fini(&deque);
    }
    our_deque(const our_deque &) = delete;
    our_deque &operator=(const our_deque &) = delete;

    void push(uintptr_t item)
    {
        check(rsl_deque_push(&deque, reinterpret_cast<void *>(item)) == RSL_OK, "there is memory");
    }
    bool pop(uintptr_t &item)
    {
        item = reinterpret_cast<uintptr_t>(rsl_deque_pop(&deque));
        return item != 0;
    }
    bool steal(uintptr_t &item)
    {
        void *taken;
        if (rsl_deque_steal(&deque, &taken) != RSL_STEAL_ITEM)
            return false;
        item = reinterpret_cast<uintptr_t>(taken);
        return true;
    }

  private:
    alignas(RSL_FALSE_SHARING_RANGE) rsl_deque deque;
};

struct our_thief {
    our_deque &deque;
    explicit our_thief(our_deque &ours) : deque(ours)
    {
    }
    uint64_t take(uint64_t &sum)
    {
        uintptr_t item;
        if (!deque.steal(item))
            return 0;
        sum += item;
        return 1;
    }
};

void add_our_deque(contestants &all)
{
    add_deque<our_deque>(all, "rustle");
    add_thief<our_deque, our_thief>(all, "rustle");
}
