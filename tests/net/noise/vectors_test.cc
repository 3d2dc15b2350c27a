// SPDX-License-Identifier: Apache-2.0
// Published test vectors of the Noise protocols we speak, for both roles.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "net/noise/handshake.h"

using namespace cunju;
namespace json = boost::json;

namespace {

// Gives the ephemeral key that a vector prescribes, once.
class FixedRandom final : public crypto::RandomSource {
 public:
  explicit FixedRandom(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> out) override {
    REQUIRE(out.size() == bytes_.size());
    std::copy(bytes_.begin(), bytes_.end(), out.begin());
  }

 private:
  Bytes bytes_;
};

Bytes hex_field(const json::object& object, std::string_view name) {
  std::optional<Bytes> bytes = parse_hex(json::value_to<std::string>(object.at(name)));
  REQUIRE(bytes.has_value());
  return *bytes;
}

const noise::Pattern& pattern_named(std::string_view name) {
  for (const noise::Pattern* pattern : {&noise::kIk, &noise::kXx, &noise::kXxPsk3})
    if (pattern->protocol_name == name) return *pattern;
  FAIL("unknown protocol");
  return noise::kIk;
}

noise::Handshake handshake_of(const json::object& vector, noise::Role role) {
  const noise::Pattern& pattern =
      pattern_named(json::value_to<std::string>(vector.at("protocol_name")));
  const std::string side = role == noise::Role::kInitiator ? "init" : "resp";
  noise::HandshakeKeys keys{.local_static = crypto::DhKey::from_secret(
                                crypto::Secret<32>(hex_field(vector, side + "_static"))),
                            .remote_static = std::nullopt,
                            .psk = std::nullopt};
  if (vector.contains(side + "_remote_static"))
    keys.remote_static = WireKey::from(hex_field(vector, side + "_remote_static"));
  if (vector.contains(side + "_psks")) {
    const json::array& psks = vector.at(side + "_psks").as_array();
    keys.psk = crypto::Secret<32>(*parse_hex(json::value_to<std::string>(psks.at(0))));
  }
  return {pattern, role, hex_field(vector, side + "_prologue"), std::move(keys)};
}

void check_vector(const json::object& vector) {
  noise::Handshake initiator = handshake_of(vector, noise::Role::kInitiator);
  noise::Handshake responder = handshake_of(vector, noise::Role::kResponder);
  FixedRandom initiator_random(hex_field(vector, "init_ephemeral"));
  FixedRandom responder_random(hex_field(vector, "resp_ephemeral"));
  std::optional<noise::Session> initiator_session, responder_session;
  bool from_initiator = true;
  std::size_t transported = 0;
  for (const json::value& message : vector.at("messages").as_array()) {
    const Bytes payload = hex_field(message.as_object(), "payload");
    const Bytes expected = hex_field(message.as_object(), "ciphertext");
    if (!initiator.finished()) {
      noise::Handshake& writer = from_initiator ? initiator : responder;
      noise::Handshake& reader = from_initiator ? responder : initiator;
      REQUIRE(writer.is_my_turn());
      Result<Bytes> written =
          writer.write_message(payload, from_initiator ? initiator_random : responder_random);
      REQUIRE(written.has_value());
      CHECK(to_hex(written.value()) == to_hex(expected));
      Result<Bytes> read = reader.read_message(expected);
      REQUIRE(read.has_value());
      CHECK(read.value() == payload);
    } else {
      if (!initiator_session) {
        initiator_session = initiator.finish();
        responder_session = responder.finish();
        const Bytes hash = hex_field(vector, "handshake_hash");
        CHECK(to_hex(initiator_session->hash) == to_hex(hash));
        CHECK(to_hex(responder_session->hash) == to_hex(hash));
      }
      noise::Session& writer = from_initiator ? *initiator_session : *responder_session;
      noise::Session& reader = from_initiator ? *responder_session : *initiator_session;
      CHECK(writer.send.encrypt({}, payload).value() == expected);
      CHECK(reader.receive.decrypt({}, expected).value() == payload);
      ++transported;
    }
    from_initiator = !from_initiator;
  }
  CHECK(transported >= 2);
}

}  // namespace

TEST_CASE("handshakes and transport messages equal the published vectors byte for byte") {
  const char* folder = std::getenv("CUNJU_SHARED_DATA");
  const std::string path =
      (folder != nullptr ? std::string(folder) : CUNJU_SOURCE_DIR "/../shared/data") +
      "/noise/vectors.json";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    WARN("no Noise vectors at " << path << ": skipped");
    return;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const json::value document = json::parse(text);
  std::size_t checked = 0;
  for (const json::value& vector : document.at("vectors").as_array()) {
    INFO(vector.at("protocol_name"));
    check_vector(vector.as_object());
    ++checked;
  }
  CHECK(checked == 3);
}
