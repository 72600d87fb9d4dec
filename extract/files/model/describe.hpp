// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/files.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace phiscope::extract {

/// A safetensors file as one value: {"tensors": {name: {"shape", "dtype", "sha256_le_c_order"}}}.
/// @throws shard::FormatError if the file is malformed
[[nodiscard]] nlohmann::ordered_json describe_safetensors(const std::filesystem::path& path);
[[nodiscard]] nlohmann::ordered_json describe_safetensors(const Safetensors& contents);

/// A model directory as one value: family, layers, heads, kv_heads, head_dim, hidden, vocab, dtype,
/// parameters, tied and more, `warnings` about what is ignored, and `latent` for a directory with
/// codi.json. Checks configuration and tensor headers; unless `quick`, also every value (finite)
/// and the tokenizer where there is one, and adds the digests of the files.
/// @throws shard::FormatError naming the file and what is wrong with it
[[nodiscard]] nlohmann::ordered_json describe_model(const std::filesystem::path& directory,
                                                    bool quick);

/// As above, of a directory that is open, checked whole.
/// @param cache  of digests that are known, and of which models were finite; null: every byte is
///               read
/// @param between  called now and then
[[nodiscard]] nlohmann::ordered_json describe_model(const ModelFiles& files, DigestCache* cache,
                                                    const Between& between = {});

/// What describe_model() says that a user should be warned of: of the configuration, and where the
/// files of the tokenizer contradict each other, and which is followed.
[[nodiscard]] std::vector<std::string> model_warnings(const nlohmann::ordered_json& description);

}  // namespace phiscope::extract
