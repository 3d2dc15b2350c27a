// SPDX-License-Identifier: Apache-2.0
#include "net/noise/pattern.h"

#include <array>

namespace cunju::noise {
namespace {

using enum Token;

constexpr std::array kIkFirst = {kE, kEs, kS, kSs};
constexpr std::array kIkSecond = {kE, kEe, kSe};
constexpr std::array<MessagePattern, 2> kIkMessages = {kIkFirst, kIkSecond};

constexpr std::array kXxFirst = {kE};
constexpr std::array kXxSecond = {kE, kEe, kS, kEs};
constexpr std::array kXxThird = {kS, kSe};
constexpr std::array<MessagePattern, 3> kXxMessages = {kXxFirst, kXxSecond, kXxThird};

constexpr std::array kXxPsk3Third = {kS, kSe, kPsk};
constexpr std::array<MessagePattern, 3> kXxPsk3Messages = {kXxFirst, kXxSecond, kXxPsk3Third};

}  // namespace

constinit const Pattern kIk{.protocol_name = "Noise_IK_25519_ChaChaPoly_BLAKE2b",
                            .knows_responder = true,
                            .has_psk = false,
                            .messages = kIkMessages};
constinit const Pattern kXx{.protocol_name = "Noise_XX_25519_ChaChaPoly_BLAKE2b",
                            .knows_responder = false,
                            .has_psk = false,
                            .messages = kXxMessages};
constinit const Pattern kXxPsk3{.protocol_name = "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b",
                                .knows_responder = false,
                                .has_psk = true,
                                .messages = kXxPsk3Messages};

}  // namespace cunju::noise
