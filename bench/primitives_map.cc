#include "bench/primitives_map.h"
#include "bench/primitives_ours.h"

#include "ds/map.h"

struct our_map {
    rsl_qsbr *domain;
    rsl_map *map;

    our_map(size_t nentries, unsigned)
    {
        constexpr uint64_t seed = 0x9E3779B97F4A7C15;
        check(rsl_qsbr_create(&rsl_allocator_default, &domain) == RSL_OK &&
                  rsl_map_create(domain, &rsl_allocator_default, seed, nentries, &map) == RSL_OK,
              "there is memory");
    }
    ~our_map()
    {
        rsl_map_destroy(map);
        rsl_qsbr_destroy(domain);
    }
    our_map(const our_map &) = delete;
    our_map &operator=(const our_map &) = delete;

    class worker
    {
      public:
        explicit worker(our_map &ours) : map(ours.map)
        {
            check(rsl_qsbr_register(ours.domain, &participant) == RSL_OK &&
                      rsl_map_writer_create(map, participant, &writer) == RSL_OK,
                  "there is memory");
        }
        ~worker()
        {
            rsl_map_writer_destroy(writer);
            rsl_qsbr_unregister(participant);
        }
        worker(const worker &) = delete;
        worker &operator=(const worker &) = delete;

        bool insert(std::string_view key, uint64_t value)
        {
            pass();
            bool inserted = false;
            check(rsl_map_get_or_insert(writer, key.data(), key.size(), value, nullptr,
                                        &inserted) == RSL_OK,
                  "there is memory");
            return inserted;
        }
        bool find(std::string_view key, uint64_t &value)
        {
            pass();
            const rsl_map_entry *entry = rsl_map_find(map, key.data(), key.size());
            if (entry == nullptr)
                return false;
            value = rsl_map_value(entry);
            return value != RSL_MAP_GONE;
        }
        bool remove(std::string_view key)
        {
            pass();
            return rsl_map_remove(writer, key.data(), key.size(), nullptr);
        }
        uint64_t sum()
        {
            uint64_t sum = 0;
            rsl_map_cursor cursor;
            rsl_map_iterate(map, &cursor);
            while (const rsl_map_entry *entry = rsl_map_next(&cursor))
                sum += rsl_map_value(entry);
            rsl_qsbr_quiescent(participant);
            return sum;
        }

      private:
        rsl_map *map;
        rsl_qsbr_participant *participant;
        rsl_map_writer *writer;
        unsigned ncalls = 0;

        /* A quiescent state now and then, as between jobs. */
        void pass()
        {
            if (++ncalls % 256 == 0)
                rsl_qsbr_quiescent(participant);
        }
    };
};

void add_our_map(contestants &all)
{
    add_map<our_map>(all, "rustle");
}
