/* map_peers: the concurrent maps of others, from views of paths to 64-bit values
 * (../primitives_map.h). */
#include <tbb/concurrent_hash_map.h>
#include <urcu/rculfhash.h>
#include <urcu/urcu-qsbr.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <atomic>
#include <cstring>
#include <libcuckoo/cuckoohash_map.hh>
#include <mutex>

#include "bench/primitives_map.h"

extern "C" {
#include <ck_ht.h>
}

struct xxh3 {
    size_t operator()(std::string_view key) const
    {
        return XXH3_64bits(key.data(), key.size());
    }
};

/* One thread at a time changes ck_ht, any number read it. Its old arrays are freed with the map, if
 * somebody may still read them. */
struct ck_ht_map {
    ck_ht_t table;
    const bool is_shared;
    std::mutex writer;
    static inline std::vector<void *> retired;

    ck_ht_map(size_t nentries, unsigned nthreads) : is_shared(nthreads > 1)
    {
        static ck_malloc memory;
        memory.malloc = malloc;
        memory.realloc = [](void *at, size_t, size_t nbytes, bool) { return realloc(at, nbytes); };
        memory.free = [](void *at, size_t, bool is_deferred) {
            if (is_deferred)
                retired.push_back(at);
            else
                free(at);
        };
        const auto hash = [](ck_ht_hash_t *hash, const void *key, size_t nbytes, uint64_t) {
            hash->value = XXH3_64bits(key, nbytes);
        };
        check(ck_ht_init(&table, CK_HT_MODE_BYTESTRING | CK_HT_WORKLOAD_DELETE, hash, &memory,
                         std::max<size_t>(2 * nentries, 8), 0), /* it is half full at most */
              "there is memory");
    }
    ~ck_ht_map()
    {
        ck_ht_destroy(&table);
        for (void *at : retired)
            free(at);
        retired.clear();
    }
    ck_ht_map(const ck_ht_map &) = delete;
    ck_ht_map &operator=(const ck_ht_map &) = delete;

    struct worker {
        ck_ht_map &map;
        key_arena arena;
        explicit worker(ck_ht_map &map) : map(map)
        {
        }
        std::unique_lock<std::mutex> lock()
        {
            return map.is_shared ? std::unique_lock(map.writer) : std::unique_lock<std::mutex>();
        }
        ck_ht_hash_t hash(std::string_view key)
        {
            ck_ht_hash_t hash;
            hash.value = XXH3_64bits(key.data(), key.size());
            return hash;
        }
        bool insert(std::string_view key, uint64_t value)
        {
            ck_ht_entry_t entry;
            const ck_ht_hash_t h = hash(key);
            key = arena.keep(key);
            ck_ht_entry_set(&entry, h, key.data(), static_cast<uint16_t>(key.size()),
                            reinterpret_cast<void *>(value + 1));
            const auto locked = lock();
            const bool done = ck_ht_put_spmc(&map.table, h, &entry);
            if (!map.is_shared)
                free_retired();
            return done;
        }
        static void free_retired()
        {
            for (void *at : retired)
                free(at);
            retired.clear();
        }
        bool find(std::string_view key, uint64_t &value)
        {
            ck_ht_entry_t entry;
            ck_ht_entry_key_set(&entry, key.data(), static_cast<uint16_t>(key.size()));
            if (!ck_ht_get_spmc(&map.table, hash(key), &entry))
                return false;
            value = reinterpret_cast<uint64_t>(ck_ht_entry_value(&entry)) - 1;
            return true;
        }
        bool remove(std::string_view key)
        {
            ck_ht_entry_t entry;
            ck_ht_entry_key_set(&entry, key.data(), static_cast<uint16_t>(key.size()));
            const ck_ht_hash_t h = hash(key);
            const auto locked = lock();
            return ck_ht_remove_spmc(&map.table, h, &entry);
        }
        uint64_t sum()
        {
            uint64_t sum = 0;
            ck_ht_iterator_t iterator = CK_HT_ITERATOR_INITIALIZER;
            ck_ht_entry_t *entry;
            while (ck_ht_next(&map.table, &iterator, &entry))
                sum += reinterpret_cast<uint64_t>(ck_ht_entry_value(entry)) - 1;
            return sum;
        }
    };
};

/* liburcu's split-ordered lists, in its fastest flavour: a reader announces a quiescent state now
 * and then. Entries are the caller's; those removed are freed by the thousand after a grace period.
 * The table is doubled by whoever inserts too much for it. Left to CDS_LFHT_AUTO_RESIZE, it often
 * stayed small for good on a busy machine, and everything took minutes. */
struct rculfhash_map {
    struct entry {
        cds_lfht_node node;
        std::string_view key;
        uint64_t value;
    };
    cds_lfht *table;
    std::atomic<unsigned long> size{64};
    std::atomic<unsigned long> ninserted{0};

    rculfhash_map(size_t nentries, unsigned)
    {
        while (size < nentries)
            size = 2 * size;
        table = cds_lfht_new_flavor(size, 64, 0, 0, &urcu_qsbr_flavor, nullptr);
        check(table != nullptr, "there is memory");
    }
    /* The program ends soon: what is left is not freed. */

    struct worker {
        rculfhash_map &map;
        cds_lfht *table;
        key_arena arena;
        std::vector<entry *> removed;
        unsigned nreads = 0;
        unsigned ninserted = 0;
        explicit worker(rculfhash_map &map) : map(map), table(map.table)
        {
            urcu_qsbr_register_thread();
        }
        ~worker()
        {
            free_removed();
            urcu_qsbr_unregister_thread();
        }
        worker(const worker &) = delete;
        worker &operator=(const worker &) = delete;

        static int is_match(cds_lfht_node *node, const void *key)
        {
            return caa_container_of(node, entry, node)->key ==
                   *static_cast<const std::string_view *>(key);
        }
        void be_quiescent()
        {
            if (++nreads % 256 == 0)
                urcu_qsbr_quiescent_state();
        }
        void free_removed()
        {
            urcu_qsbr_synchronize_rcu();
            for (entry *entry : removed)
                delete entry;
            removed.clear();
        }
        bool insert(std::string_view key, uint64_t value)
        {
            be_quiescent();
            entry *made = new entry{{}, arena.keep(key), value};
            cds_lfht_node_init(&made->node);
            if (cds_lfht_add_unique(table, xxh3()(key), is_match, &key, &made->node) ==
                &made->node) {
                if (++ninserted % 64 == 0)
                    grow();
                return true;
            }
            delete made;
            return false;
        }
        void grow()
        {
            unsigned long size = map.size;
            if ((map.ninserted += 64) > size && map.size.compare_exchange_strong(size, 2 * size))
                cds_lfht_resize(table, 2 * size);
        }
        cds_lfht_node *look_up(std::string_view key)
        {
            cds_lfht_iter iterator;
            cds_lfht_lookup(table, xxh3()(key), is_match, &key, &iterator);
            return cds_lfht_iter_get_node(&iterator);
        }
        bool find(std::string_view key, uint64_t &value)
        {
            be_quiescent();
            const cds_lfht_node *node = look_up(key);
            if (node == nullptr)
                return false;
            value = caa_container_of(node, const entry, node)->value;
            return true;
        }
        bool remove(std::string_view key)
        {
            be_quiescent();
            cds_lfht_node *node = look_up(key);
            if (node == nullptr || cds_lfht_del(table, node) != 0)
                return false;
            removed.push_back(caa_container_of(node, entry, node));
            if (removed.size() == 4096)
                free_removed();
            return true;
        }
        uint64_t sum()
        {
            uint64_t sum = 0;
            cds_lfht_iter iterator;
            entry *entry;
            cds_lfht_for_each_entry(table, &iterator, entry, node) sum += entry->value;
            urcu_qsbr_quiescent_state();
            return sum;
        }
    };
};

struct cuckoo_map {
    using table_type = libcuckoo::cuckoohash_map<std::string_view, uint64_t, xxh3>;
    table_type table;

    cuckoo_map(size_t nentries, unsigned)
        : table(nentries > 0 ? nentries : size_t{libcuckoo::DEFAULT_SIZE})
    {
    }
    struct worker {
        table_type &table;
        key_arena arena;
        explicit worker(cuckoo_map &map) : table(map.table)
        {
        }
        bool insert(std::string_view key, uint64_t value)
        {
            return table.insert(arena.keep(key), value);
        }
        bool find(std::string_view key, uint64_t &value)
        {
            return table.find(key, value);
        }
        bool remove(std::string_view key)
        {
            return table.erase(key);
        }
        uint64_t sum()
        {
            uint64_t sum = 0;
            for (const auto &entry : table.lock_table())
                sum += entry.second;
            return sum;
        }
    };
};

struct tbb_map {
    struct compare {
        static size_t hash(std::string_view key)
        {
            return xxh3()(key);
        }
        static bool equal(std::string_view a, std::string_view b)
        {
            return a == b;
        }
    };
    using table_type = tbb::concurrent_hash_map<std::string_view, uint64_t, compare>;
    table_type table;

    tbb_map(size_t nentries, unsigned) : table(std::max<size_t>(nentries, 1))
    {
    }
    struct worker {
        table_type &table;
        key_arena arena;
        explicit worker(tbb_map &map) : table(map.table)
        {
        }
        bool insert(std::string_view key, uint64_t value)
        {
            return table.insert({arena.keep(key), value});
        }
        bool find(std::string_view key, uint64_t &value)
        {
            table_type::const_accessor found;
            if (!table.find(found, key))
                return false;
            value = found->second;
            return true;
        }
        bool remove(std::string_view key)
        {
            return table.erase(key);
        }
        uint64_t sum()
        {
            uint64_t sum = 0;
            for (const auto &entry : table)
                sum += entry.second;
            return sum;
        }
    };
};

int main(int argc, char **argv)
{
    contestants all;
    add_map<ck_ht_map>(all, "ck_ht");
    add_map<rculfhash_map>(all, "rculfhash");
    add_map<cuckoo_map>(all, "libcuckoo");
    add_map<tbb_map>(all, "tbb");
    return primitives_main(argc, argv, all);
}
