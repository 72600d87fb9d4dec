// SPDX-License-Identifier: MIT
#include "files/model/latent_names.hpp"

#include "catch.hpp"

using phiscope::extract::latent_name;
using phiscope::extract::LatentKind;
using phiscope::extract::LatentName;

TEST_CASE("a stored name is taken apart into what it is, the base's name and its wrapper",
          "[latent_names]") {
  struct Case {
    std::string stored;
    LatentKind kind;
    std::string name;
    std::string wrapper;
  };
  const std::string block = "model.layers.3.mlp.up_proj";
  const std::string codi = "codi.base_model.model.";
  const Case one = GENERATE_COPY(
      Case{codi + block + ".base_layer.weight", LatentKind::base, block + ".weight", codi},
      Case{codi + "transformer.h.0.attn.c_attn.base_layer.bias", LatentKind::base,
           "transformer.h.0.attn.c_attn.bias", codi},
      Case{codi + block + ".lora_A.default.weight", LatentKind::lora_a, block + ".weight", codi},
      Case{codi + block + ".lora_B.default.weight", LatentKind::lora_b, block + ".weight", codi},
      Case{codi + "model.embed_tokens.lora_embedding_A.default", LatentKind::lora_a,
           "model.embed_tokens.weight", codi},
      Case{codi + "model.norm.weight", LatentKind::tensor, "model.norm.weight", codi},
      Case{"coconut.base_model.model.model.norm.weight", LatentKind::tensor, "model.norm.weight",
           "coconut.base_model.model."},
      Case{"module.codi.base_model.model.model.norm.weight", LatentKind::tensor,
           "model.norm.weight", codi},
      Case{"_fsdp_wrapped_module.base_causallm.transformer.h.0._fsdp_wrapped_module.ln_1.bias",
           LatentKind::tensor, "transformer.h.0.ln_1.bias", "base_causallm."},
      Case{"base_causallm.lm_head.weight", LatentKind::tensor, "lm_head.weight", "base_causallm."},
      Case{"model.norm.weight", LatentKind::tensor, "model.norm.weight", ""},
      Case{"prj.ln.weight", LatentKind::tensor, "prj.ln.weight", ""},
      Case{codi + block + ".lora_A.other.weight", LatentKind::tensor,
           block + ".lora_A.other.weight", codi},
      Case{"module.embedding.weight", LatentKind::embedding, "embedding.weight", ""});
  CAPTURE(one.stored);
  const LatentName found = latent_name(one.stored);
  CHECK(found.kind == one.kind);
  CHECK(found.name == one.name);
  CHECK(found.wrapper == one.wrapper);
}

TEST_CASE("what only training needs is told by the beginning of its name", "[latent_names]") {
  for (const std::string group : {"decoder.", "pj_in.", "pj_out.", "expainable_llm."}) {
    for (const std::string wrapper : {"", "module.", "codi.", "coconut."}) {
      const LatentName found = latent_name(wrapper + group + "model.norm.weight");
      CAPTURE(wrapper, group);
      CHECK(found.kind == LatentKind::training);
      CHECK(found.group == group + "*");
    }
  }
  CHECK(latent_name("codi.base_model.model.decoder.weight").kind == LatentKind::tensor);
  CHECK(latent_name("explainable_llm.weight").kind == LatentKind::tensor);
}
