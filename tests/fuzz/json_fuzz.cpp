// SPDX-License-Identifier: MIT
#include "files/config.hpp"
#include "input_file.hpp"
#include "shard/json_file.hpp"

using namespace phiscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = test::as_text(data, size);
  test::accept_or_refuse("x.json", [&] {
    const nlohmann::json value = shard::parse_json(text, "x.json");
    test::require(shard::parse_json(value.dump(), "x.json") == value, "json: does not come back");
    // What parse_json() accepts goes to the reader with the most fields.
    const auto path = test::input_file("config.json", text);
    test::accept_or_refuse(path, [&] {
      const extract::ModelConfig config = extract::read_config(path.parent_path());
      test::require(config.heads % config.kv_heads == 0, "config: heads");
    });
    const auto codi = test::input_file("codi.json", text);
    test::accept_or_refuse(codi, [&] {
      const auto latent = extract::read_latent_config(codi.parent_path());
      test::require(latent->num_latent >= 1, "codi.json: thoughts");
    });
    std::filesystem::remove(codi);  // or config.json would be a latent model's
  });
  return 0;
}
