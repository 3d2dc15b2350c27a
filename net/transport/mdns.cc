// SPDX-License-Identifier: Apache-2.0
#include "net/transport/mdns.h"

#include <arpa/inet.h>
#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-client/publish.h>
#include <avahi-common/address.h>
#include <avahi-common/alternative.h>
#include <avahi-common/malloc.h>
#include <avahi-common/simple-watch.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "crdt/base/bytes.h"
#include "net/wire/announcement.h"

namespace cunju::transport {
namespace {

using Clock = std::chrono::steady_clock;

/// Rounds of the library's event loop in one poll(), so that a flood can't hold up the node.
constexpr int kMaxRounds = 64;
/// After the daemon was not there.
constexpr std::chrono::seconds kRetry{60};
/// Between two looks at what the daemon has said.
constexpr std::chrono::milliseconds kPause{500};
/// How long the end waits for the thread: to take back the announcement takes a moment.
constexpr std::chrono::milliseconds kPatience{500};
/// Of a TXT record; ours has 66.
constexpr std::size_t kMaxTextBytes = 255;

std::string random_name(crypto::RandomSource& random) {
  std::array<std::uint8_t, 8> bytes{};
  random.fill(bytes);
  return to_hex(bytes);
}

std::string with_port(const AvahiAddress& address, AvahiIfIndex interface, std::uint16_t port) {
  std::array<char, AVAHI_ADDRESS_STR_MAX> text{};
  avahi_address_snprint(text.data(), text.size(), &address);
  const std::string host(text.data());
  if (address.proto == AVAHI_PROTO_INET) return host + ":" + std::to_string(port);
  std::array<char, IF_NAMESIZE> name{};
  const bool is_local = host.starts_with("fe80:");
  if (is_local && if_indextoname(static_cast<unsigned>(interface), name.data()) == nullptr)
    return {};
  return "[" + host + (is_local ? "%" + std::string(name.data()) : "") +
         "]:" + std::to_string(port);
}

}  // namespace

// The library calls back through C pointers to this object, which never moves.
class Mdns::Client {
 public:
  Client(MdnsOptions options, crypto::RandomSource& random)
      : options_(std::move(options)), random_(random), poll_(avahi_simple_poll_new()) {}
  ~Client() {
    drop();
    if (poll_ != nullptr) avahi_simple_poll_free(poll_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void poll() {
    if (poll_ == nullptr) return;
    if (has_failed_) drop();
    if (client_ == nullptr && Clock::now() >= next_start_) start();
    if (client_ == nullptr) return;
    if (group_ != nullptr && Clock::now() >= next_announcement_) announce();
    for (int round = 0; round < kMaxRounds && !has_failed_; ++round) {
      const Clock::time_point before = Clock::now();
      if (avahi_simple_poll_iterate(poll_, 0) != 0) has_failed_ = true;
      if (!std::exchange(has_moved_, false) && Clock::now() - before < std::chrono::milliseconds(1))
        idle_rounds_++;
      if (idle_rounds_ > kIdleRounds) break;
    }
    idle_rounds_ = 0;
  }
  bool is_announced() const { return is_announced_; }

 private:
  static constexpr int kIdleRounds = 8;

  void start() {
    next_start_ = Clock::now() + kRetry;
    int error = 0;
    // NO_FAIL: a daemon that comes later is waited for.
    client_ = avahi_client_new(avahi_simple_poll_get(poll_), AVAHI_CLIENT_NO_FAIL, &on_client, this,
                               &error);
  }

  void drop() {
    has_failed_ = is_announced_ = false;
    resolvers_.clear();
    browser_ = nullptr;
    group_ = nullptr;
    // Frees what belongs to it.
    if (client_ != nullptr) avahi_client_free(client_);
    client_ = nullptr;
    next_start_ = Clock::now() + kRetry;
  }

  static void on_client(AvahiClient* client, AvahiClientState state, void* self) {
    static_cast<Client*>(self)->on_state(client, state);
  }
  void on_state(AvahiClient* client, AvahiClientState state) {
    has_moved_ = true;
    // May come before avahi_client_new returns.
    client_ = client;
    if (state == AVAHI_CLIENT_FAILURE) has_failed_ = true;
    if (state != AVAHI_CLIENT_S_RUNNING) {
      is_announced_ = false;
      return;
    }
    if (browser_ == nullptr)
      browser_ = avahi_service_browser_new(client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                           kServiceType.data(), nullptr,
                                           static_cast<AvahiLookupFlags>(0), &on_browsed, this);
    if (group_ == nullptr && !options_.addresses.empty())
      group_ = avahi_entry_group_new(client, &on_group, this);
    if (group_ != nullptr) announce();
  }

  /// New names and a new hint in place of the old ones.
  void announce() {
    next_announcement_ = Clock::now() + kAnnouncementTime;
    is_announced_ = false;
    avahi_entry_group_reset(group_);
    const std::string host = random_name(random_) + ".local";
    own_instance_ = random_name(random_);
    const std::string text = wire::Announcement::make(options_.own, random_).text();
    bool is_good = true;
    for (const std::string& address : options_.addresses) {
      AvahiAddress parsed{};
      if (avahi_address_parse(address.c_str(), AVAHI_PROTO_UNSPEC, &parsed) == nullptr) continue;
      // Without a reverse entry, which would tie the random name to the real one.
      is_good = is_good &&
                avahi_entry_group_add_address(group_, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                              AVAHI_PUBLISH_NO_REVERSE, host.c_str(), &parsed) >= 0;
    }
    is_good = is_good &&
              avahi_entry_group_add_service(
                  group_, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, static_cast<AvahiPublishFlags>(0),
                  own_instance_.c_str(), kServiceType.data(), nullptr, host.c_str(), options_.port,
                  text.c_str(), static_cast<char*>(nullptr)) >= 0;
    if (!is_good || avahi_entry_group_commit(group_) < 0) avahi_entry_group_reset(group_);
  }

  static void on_group(AvahiEntryGroup*, AvahiEntryGroupState state, void* self) {
    Client& client = *static_cast<Client*>(self);
    client.has_moved_ = true;
    client.is_announced_ = state == AVAHI_ENTRY_GROUP_ESTABLISHED;
    // Names are random: somebody else has the same one on purpose. Others are taken at once.
    if (state == AVAHI_ENTRY_GROUP_COLLISION) client.next_announcement_ = Clock::now();
  }

  static void on_browsed(AvahiServiceBrowser*, AvahiIfIndex interface, AvahiProtocol protocol,
                         AvahiBrowserEvent event, const char* name, const char* type,
                         const char* domain, AvahiLookupResultFlags, void* self) {
    static_cast<Client*>(self)->on_service(interface, protocol, event, name, type, domain);
  }
  void on_service(AvahiIfIndex interface, AvahiProtocol protocol, AvahiBrowserEvent event,
                  const char* name, const char* type, const char* domain) {
    has_moved_ = true;
    if (event == AVAHI_BROWSER_FAILURE) has_failed_ = true;
    if (event != AVAHI_BROWSER_NEW && event != AVAHI_BROWSER_REMOVE) return;
    const std::string key = std::to_string(interface) + "/" + std::to_string(protocol) + "/" + name;
    const auto known = resolvers_.find(key);
    if (event == AVAHI_BROWSER_REMOVE) {
      if (known == resolvers_.end()) return;
      avahi_service_resolver_free(known->second);
      resolvers_.erase(known);
      return;
    }
    if (name == own_instance_ || known != resolvers_.end() || resolvers_.size() >= kMaxServices)
      return;
    AvahiServiceResolver* resolver = avahi_service_resolver_new(
        client_, interface, protocol, name, type, domain, AVAHI_PROTO_UNSPEC,
        static_cast<AvahiLookupFlags>(0), &on_resolved, this);
    if (resolver != nullptr) resolvers_[key] = resolver;
  }

  static void on_resolved(AvahiServiceResolver*, AvahiIfIndex interface, AvahiProtocol,
                          AvahiResolverEvent event, const char*, const char*, const char*,
                          const char*, const AvahiAddress* address, std::uint16_t port,
                          AvahiStringList* texts, AvahiLookupResultFlags, void* self) {
    Client& client = *static_cast<Client*>(self);
    client.has_moved_ = true;
    if (event != AVAHI_RESOLVER_FOUND || address == nullptr || texts == nullptr || port == 0)
      return;
    // Ours has one text; of others the first is looked at.
    if (avahi_string_list_get_size(texts) > kMaxTextBytes) return;
    const std::string text(reinterpret_cast<const char*>(avahi_string_list_get_text(texts)),
                           avahi_string_list_get_size(texts));
    const std::string where = with_port(*address, interface, port);
    if (!where.empty()) client.options_.on_found(text, where);
  }

  const MdnsOptions options_;
  crypto::RandomSource& random_;
  AvahiSimplePoll* poll_;
  AvahiClient* client_ = nullptr;
  AvahiEntryGroup* group_ = nullptr;                        ///< The client's.
  AvahiServiceBrowser* browser_ = nullptr;                  ///< The same.
  std::map<std::string, AvahiServiceResolver*> resolvers_;  ///< The same.
  std::string own_instance_;
  bool has_failed_ = false;
  bool has_moved_ = false;
  bool is_announced_ = false;
  int idle_rounds_ = 0;
  Clock::time_point next_start_ = Clock::time_point::min();
  Clock::time_point next_announcement_ = Clock::time_point::min();
};

struct Mdns::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool stops = false;
  bool has_ended = false;
  bool is_announced = false;
  std::vector<std::pair<std::string, std::string>> found;
};

void Mdns::run(const std::shared_ptr<Shared>& shared, MdnsOptions options,
               crypto::RandomSource& random) {
  options.on_found = [&shared](const std::string& text, const std::string& address) {
    const std::lock_guard lock(shared->mutex);
    if (shared->found.size() < kMaxFoundWaiting) shared->found.emplace_back(text, address);
  };
  {
    Client client(std::move(options), random);
    std::unique_lock lock(shared->mutex);
    while (!shared->stops) {
      lock.unlock();
      client.poll();
      lock.lock();
      shared->is_announced = client.is_announced();
      shared->changed.wait_for(lock, kPause, [&] { return shared->stops; });
    }
    lock.unlock();
  }
  const std::lock_guard lock(shared->mutex);
  shared->has_ended = true;
  shared->changed.notify_all();
}

Mdns::Mdns(MdnsOptions options, crypto::RandomSource& random)
    : on_found_(std::move(options.on_found)), shared_(std::make_shared<Shared>()) {
  options.on_found = nullptr;
  thread_ = std::thread(
      [shared = shared_, options = std::move(options), &random] { run(shared, options, random); });
}

Mdns::~Mdns() {
  std::unique_lock lock(shared_->mutex);
  shared_->stops = true;
  shared_->changed.notify_all();
  const bool has_ended =
      shared_->changed.wait_for(lock, kPatience, [this] { return shared_->has_ended; });
  lock.unlock();
  // Inside a call that the daemon does not answer: it ends with that, or with the process.
  if (has_ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void Mdns::poll() {
  std::vector<std::pair<std::string, std::string>> found;
  {
    const std::lock_guard lock(shared_->mutex);
    found.swap(shared_->found);
  }
  for (const auto& [text, address] : found) on_found_(text, address);
}

bool Mdns::is_announced() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->is_announced;
}

std::vector<std::string> own_addresses() {
  std::vector<std::string> out, later;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return out;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0 ||
        (each->ifa_flags & IFF_LOOPBACK) != 0)
      continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = each->ifa_addr->sa_family;
    const void* address = nullptr;
    if (family == AF_INET)
      address = &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr;
    if (family == AF_INET6)
      address = &reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr;
    if (address == nullptr || inet_ntop(family, address, text.data(), text.size()) == nullptr)
      continue;
    (family == AF_INET ? out : later).emplace_back(text.data());
  }
  freeifaddrs(list);
  out.insert(out.end(), later.begin(), later.end());
  if (out.size() > kMaxOwnAddresses) out.resize(kMaxOwnAddresses);
  return out;
}

}  // namespace cunju::transport
