# SPDX-License-Identifier: MIT
"""The families of make_golden.py: a tiny model each, the places of its hooks, and its published
spelling. A further family is one function and one entry in FAMILIES.

Every model has the features of its family in sizes that tell them apart: heads that do not add up
to the hidden size where the family allows it, windows shorter than the long prompt, low soft caps.
"""

from dataclasses import dataclass, field

import torch
import transformers

VOCABULARY = 72
BOS, PAD = 1, 0
POSITIONS = 48  # of a context: the long prompt and its continuation


@dataclass
class Family:
    """A model and where in it the hooks are; the functions take the model or one of its layers."""

    model: torch.nn.Module
    embed: callable  # the module whose output enters block 0
    layers: callable
    mid: callable  # of a layer: the module whose input is the residual stream after attention,
    # or None where attention and MLP are parallel and there is no such place
    attention: callable  # of a layer: the module whose output the attention adds to the stream
    mlp: callable  # of a layer: the same for the MLP
    output: callable  # of a layer: the module whose input is hook_z, heads side by side
    norm: callable  # the final norm
    heads: int
    legacy: dict  # fields of config.json as published files spell them, in place of those of
    # transformers 5
    legacy_keys: str  # all fields of a published config.json
    features: dict  # what makes the family: fields of the configuration, or (pattern of parameter
    # names, value), that switch it off; each must change the logits
    rename: callable = lambda tensors: tensors  # stored tensors of `model` -> of its folder
    variants: dict = field(default_factory=dict)  # folder -> what write_variant() needs
    seed: int = 5  # of weights and prompts
    router: callable = None  # of a layer: the module that chooses experts, or None
    embed_scale: float = 1.0  # of the output of `embed` before it enters block 0
    added_scale: float = 1.0  # of the outputs of `attention` and `mlp` before they are added


COMMON = ("architectures bos_token_id eos_token_id initializer_range model_type torch_dtype "
          "transformers_version use_cache vocab_size ")
DECODER = COMMON + ("hidden_act hidden_size intermediate_size max_position_embeddings "
                    "num_attention_heads num_hidden_layers num_key_value_heads rms_norm_eps "
                    "rope_theta tie_word_embeddings ")
PUBLISHED = {"torch_dtype": "float32", "transformers_version": "4.40.0"}
SIZES = {"vocab_size": VOCABULARY, "max_position_embeddings": 128, "bos_token_id": BOS,
         "pad_token_id": PAD, "eos_token_id": 2}
GROUPED = SIZES | {"hidden_size": 16, "intermediate_size": 28, "num_attention_heads": 4,
                   "num_key_value_heads": 2}
# Places in models built like Llama.
LLAMA = {"embed": lambda m: m.model.embed_tokens, "layers": lambda m: m.model.layers,
         "mid": lambda layer: layer.post_attention_layernorm,
         "attention": lambda layer: layer.self_attn.o_proj, "mlp": lambda layer: layer.mlp,
         "output": lambda layer: layer.self_attn.o_proj, "norm": lambda m: m.model.norm, "heads": 4}
GEMMA = LLAMA | {"mid": lambda layer: layer.pre_feedforward_layernorm,
                 "attention": lambda layer: layer.post_attention_layernorm,
                 "mlp": lambda layer: layer.post_feedforward_layernorm}
OLMO = LLAMA | {"mid": lambda layer: layer.mlp,
                "attention": lambda layer: layer.post_attention_layernorm,
                "mlp": lambda layer: layer.post_feedforward_layernorm}
QK_NORM = {"q_norm": (r"q_norm", 1.0), "k_norm": (r"k_norm", 1.0)}


def rope(theta, **more):
    return {"rope_type": "default", "rope_theta": theta} | more


def llama():
    """Grouped query heads whose sizes do not add up to the hidden size, an output matrix of its
    own, and rotary frequencies of which llama3 scaling leaves one, smooths one, divides the rest.
    """
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
               "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
    config = transformers.LlamaConfig(
        **SIZES | {"hidden_size": 24}, intermediate_size=40, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, head_dim=12, rms_norm_eps=1e-5,
        rope_parameters=scaling | {"rope_theta": 10000.0}, tie_word_embeddings=False)
    return Family(
        model=transformers.LlamaForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 10000.0, "rope_scaling": scaling},
        legacy_keys=DECODER + "attention_bias attention_dropout head_dim mlp_bias pretraining_tp "
        "rope_scaling",
        features={"llama3 scaling": {"rope_parameters": rope(10000.0)}})


def qwen2():
    """Biases on query, key and value. The published file names a window that it does not use."""
    config = transformers.Qwen2Config(
        **GROUPED, num_hidden_layers=3, rms_norm_eps=1e-6, rope_parameters=rope(1000000.0),
        tie_word_embeddings=False)
    return Family(
        model=transformers.Qwen2ForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 1000000.0, "sliding_window": 6,
                            "use_sliding_window": False, "max_window_layers": 1},
        legacy_keys=DECODER + "attention_dropout max_window_layers sliding_window "
        "use_sliding_window",
        features={f"{x} bias": (rf"{x}_proj.bias", 0.0) for x in "qkv"}
        | {"rope base": {"rope_parameters": rope(10000.0)}})


def qwen3():
    """Norms of every head's query and key, heads that do not add up to the hidden size, tied."""
    config = transformers.Qwen3Config(
        **GROUPED, num_hidden_layers=3, head_dim=10, rms_norm_eps=1e-6,
        rope_parameters=rope(1000000.0), tie_word_embeddings=True)
    return Family(
        model=transformers.Qwen3ForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 1000000.0, "rope_scaling": None, "sliding_window": None,
                            "max_window_layers": 3},
        legacy_keys=DECODER + "attention_bias attention_dropout head_dim max_window_layers "
        "rope_scaling sliding_window use_sliding_window",
        features=QK_NORM | {"rope base": {"rope_parameters": rope(10000.0)}})


def gpt2():
    """Learned positions, layer norms, biases everywhere, matrices stored as [in, out]. The variant
    is stored as openai-community/gpt2: no prefix, with causal masks.
    """
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY, n_positions=POSITIONS, n_embd=16, n_layer=2, n_head=4,
        bos_token_id=BOS, pad_token_id=PAD, eos_token_id=2)

    def hub(tensors):
        named = {name.removeprefix("transformer."): value for name, value in tensors.items()}
        mask = torch.ones(POSITIONS, POSITIONS).tril()[None, None]
        return named | {f"h.{n}.attn.bias": mask.clone() for n in range(config.n_layer)}

    return Family(
        model=transformers.GPT2LMHeadModel(config), embed=lambda m: m.transformer.drop,
        layers=lambda m: m.transformer.h, mid=lambda layer: layer.ln_2,
        attention=lambda layer: layer.attn.c_proj, mlp=lambda layer: layer.mlp,
        output=lambda layer: layer.attn.c_proj, norm=lambda m: m.transformer.ln_f, heads=4,
        legacy=PUBLISHED | {"n_ctx": POSITIONS, "task_specific_params": {
            "text-generation": {"do_sample": True, "max_length": 50}}},
        legacy_keys="activation_function architectures attn_pdrop bos_token_id embd_pdrop "
        "eos_token_id initializer_range layer_norm_epsilon model_type n_ctx n_embd n_head n_layer "
        "n_positions resid_pdrop summary_activation summary_first_dropout summary_proj_to_labels "
        "summary_type summary_use_proj task_specific_params vocab_size",
        features={"positions": (r"wpe", 0.0), "gelu_new": {"activation_function": "gelu"},
                  "epsilon of the norms": {"layer_norm_epsilon": 1e-2}}
        | {f"{x} bias": (rf"{x}.bias", 0.0) for x in
           ("c_attn", "attn.c_proj", "c_fc", "mlp.c_proj", "ln_1", "ln_2", "ln_f")},
        variants={"model_hub": {"rename": hub}})


def gpt_neox(parallel):
    """Rotary positions in a quarter of a head, layer norms, biases, attention and MLP side by side
    or one after the other. The parallel one is stored as Pythia's files are: with masks and
    frequencies, and `embed_out`.
    """
    rotary = rope(10000.0, partial_rotary_factor=0.25)
    config = transformers.GPTNeoXConfig(
        **SIZES, hidden_size=32, intermediate_size=40, num_attention_heads=2, num_hidden_layers=2,
        rope_parameters=rotary, use_parallel_residual=parallel, tie_word_embeddings=False)

    def pythia(tensors):
        named = {name.replace("lm_head.", "embed_out."): value for name, value in tensors.items()}
        for n in range(config.num_hidden_layers):
            prefix = f"gpt_neox.layers.{n}.attention."
            named[prefix + "bias"] = torch.ones(1, 1, 32, 32, dtype=torch.uint8).tril()
            named[prefix + "masked_bias"] = torch.tensor(-1e9)
            named[prefix + "rotary_emb.inv_freq"] = torch.tensor([1.0, 0.01])
        return named

    return Family(
        model=transformers.GPTNeoXForCausalLM(config), embed=lambda m: m.gpt_neox.embed_in,
        layers=lambda m: m.gpt_neox.layers,
        mid=None if parallel else lambda layer: layer.post_attention_layernorm,
        attention=lambda layer: layer.attention.dense, mlp=lambda layer: layer.mlp,
        output=lambda layer: layer.attention.dense, norm=lambda m: m.gpt_neox.final_layer_norm,
        heads=2, legacy=PUBLISHED | {"rotary_pct": 0.25, "rotary_emb_base": 10000},
        legacy_keys=COMMON + "hidden_act hidden_size intermediate_size layer_norm_eps "
        "max_position_embeddings num_attention_heads num_hidden_layers rotary_emb_base rotary_pct "
        "tie_word_embeddings use_parallel_residual",
        features={"parallel residual": {"use_parallel_residual": not parallel},
                  "partial rotary": {"rope_parameters": rope(10000.0, partial_rotary_factor=0.5)},
                  "rope base": {"rope_parameters": rotary | {"rope_theta": 100.0}},
                  "exact gelu": {"hidden_act": "gelu_new"}}
        | {f"{x} bias": (rf"{x}.bias", 0.0) for x in
           ("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h", "input_layernorm",
            "post_attention_layernorm", "final_layer_norm")},
        rename=pythia if parallel else lambda tensors: tensors)


def mistral():
    """A window shorter than the long prompt in every layer, and a head size of its own."""
    config = transformers.MistralConfig(
        **GROUPED, num_hidden_layers=2, head_dim=10, rms_norm_eps=1e-5, sliding_window=6,
        rope_parameters=rope(10000.0), tie_word_embeddings=False)
    return Family(
        model=transformers.MistralForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 10000.0},
        legacy_keys=DECODER + "attention_dropout head_dim sliding_window",
        seed=6, features={"window": {"sliding_window": None}, "window of 6": {"sliding_window": 7}})


def gemma2():
    """Soft caps low enough to bend, norms before and after, every other layer with a window, a
    scale of the queries of its own, embeddings times the root of the hidden size, tied.
    """
    config = transformers.Gemma2Config(
        **GROUPED, num_hidden_layers=3, head_dim=10, rms_norm_eps=1e-6, sliding_window=6,
        query_pre_attn_scalar=6, attn_logit_softcapping=3.0, final_logit_softcapping=5.0,
        rope_parameters=rope(10000.0))
    full = ["full_attention"] * 3
    return Family(
        model=transformers.Gemma2ForCausalLM(config), **GEMMA,
        legacy=PUBLISHED | {"rope_theta": 10000.0, "hidden_act": "gelu_pytorch_tanh",
                            "cache_implementation": "hybrid"},
        legacy_keys=DECODER.replace("tie_word_embeddings", "") + "attention_bias "
        "attention_dropout attn_logit_softcapping cache_implementation final_logit_softcapping "
        "head_dim hidden_activation pad_token_id query_pre_attn_scalar sliding_window",
        features={"window": {"layer_types": full}, "window of 6": {"sliding_window": 7},
                  "full layers": {"layer_types": ["sliding_attention"] * 3},
                  "scale of the queries": {"query_pre_attn_scalar": 10},
                  "cap of the scores": {"attn_logit_softcapping": None},
                  "cap of the logits": {"final_logit_softcapping": None},
                  "post norms": (r"post_(attention|feedforward)_layernorm", 0.0),
                  "gelu of tanh": {"hidden_activation": "gelu"}})


def gemma3_text():
    """Norms of query and key, two layers with a window and a rotary base of their own to one
    without, whose positions are divided. The variant is stored as the models that also see.
    """
    full = {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0}
    both = {"sliding_attention": rope(10000.0), "full_attention": full}
    config = transformers.Gemma3TextConfig(
        **GROUPED, num_hidden_layers=3, head_dim=10, rms_norm_eps=1e-6, sliding_window=6,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        query_pre_attn_scalar=6, rope_parameters=both)
    seeing = {"hidden_size": 8, "intermediate_size": 12, "num_attention_heads": 2,
              "num_hidden_layers": 1, "image_size": 4, "patch_size": 2, "vision_use_head": False,
              "model_type": "siglip_vision_model"}
    return Family(
        model=transformers.Gemma3ForCausalLM(config), **GEMMA,
        legacy=PUBLISHED | {"rope_theta": 1000000.0, "rope_local_base_freq": 10000.0,
                            "rope_scaling": {"rope_type": "linear", "factor": 8.0},
                            "sliding_window_pattern": 3, "cache_implementation": "hybrid"},
        legacy_keys=DECODER.replace("tie_word_embeddings", "").replace("hidden_act ", "")
        + "attention_bias attention_dropout attn_logit_softcapping cache_implementation "
        "final_logit_softcapping head_dim hidden_activation pad_token_id query_pre_attn_scalar "
        "rope_local_base_freq rope_scaling sliding_window sliding_window_pattern",
        features=QK_NORM | {
            "q_norm": (r"q_norm", 0.0), "k_norm": (r"k_norm", 0.0),
            "window": {"sliding_window": 100}, "window of 6": {"sliding_window": 7},
            "scale of the queries": {"query_pre_attn_scalar": 10},
            "local base": {"rope_parameters": both | {"sliding_attention": rope(1000000.0)}},
            "global base": {"rope_parameters": both | {"full_attention": full | rope(
                10000.0, rope_type="linear")}},
            "linear factor": {"rope_parameters": both | {"full_attention": rope(1000000.0)}}},
        variants={"model_multimodal": {"vision": seeing}})


def qwen3_moe():
    """Two layers of four experts, of which a token visits two with weights that add up to one, and
    one dense layer between them.
    """
    config = transformers.Qwen3MoeConfig(
        **GROUPED, num_hidden_layers=3, head_dim=10, rms_norm_eps=1e-6,
        rope_parameters=rope(1000000.0), tie_word_embeddings=False, num_experts=4,
        num_experts_per_tok=2, moe_intermediate_size=12, norm_topk_prob=True, mlp_only_layers=[1])
    return Family(
        model=transformers.Qwen3MoeForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 1000000.0, "rope_scaling": None, "num_experts": 4,
                            "sliding_window": None, "max_window_layers": 3},
        legacy_keys=DECODER + "attention_bias attention_dropout decoder_sparse_step head_dim "
        "max_window_layers mlp_only_layers moe_intermediate_size norm_topk_prob num_experts "
        "num_experts_per_tok output_router_logits rope_scaling router_aux_loss_coef sliding_window "
        "use_sliding_window",
        features=QK_NORM | {"renormalised weights": {"norm_topk_prob": False},
                            "two experts": {"num_experts_per_tok": 1}},
        router=lambda layer: getattr(layer.mlp, "gate", None))


def olmoe():
    """Experts whose weights do not add up to one, and norms of query and key over all heads."""
    config = transformers.OlmoeConfig(
        **SIZES, hidden_size=16, intermediate_size=12, num_attention_heads=4,
        num_key_value_heads=2, num_hidden_layers=2, rms_norm_eps=1e-5,
        rope_parameters=rope(10000.0), tie_word_embeddings=False, num_experts=5,
        num_experts_per_tok=2, norm_topk_prob=False)
    return Family(
        model=transformers.OlmoeForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 10000.0, "rope_scaling": None},
        legacy_keys=DECODER.replace("rms_norm_eps", "") + "attention_bias attention_dropout "
        "clip_qkv norm_topk_prob num_experts num_experts_per_tok output_router_logits "
        "pad_token_id rope_scaling router_aux_loss_coef",
        features=QK_NORM | {"weights as they are": {"norm_topk_prob": True},
                            "two experts": {"num_experts_per_tok": 1}},
        router=lambda layer: layer.mlp.gate)


def olmo2():
    """Norms after attention and MLP and none before, norms of query and key over all heads."""
    config = transformers.Olmo2Config(
        **SIZES, hidden_size=20, intermediate_size=28, num_attention_heads=2,
        num_key_value_heads=1, num_hidden_layers=3, rms_norm_eps=1e-6,
        rope_parameters=rope(500000.0), tie_word_embeddings=False)
    return Family(
        model=transformers.Olmo2ForCausalLM(config), **OLMO | {"heads": 2},
        legacy=PUBLISHED | {"rope_theta": 500000.0, "rope_scaling": None},
        legacy_keys=DECODER + "attention_bias attention_dropout pad_token_id rope_scaling",
        features=QK_NORM | {"post norms": (r"post_(attention|feedforward)_layernorm", 1.0),
                            "rope base": {"rope_parameters": rope(10000.0)}})


def olmo3():
    """OLMo-2 with windows in three of four layers, and positions of type yarn in the fourth. The
    published file says nothing of the kinds of layers.
    """
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32,
            "attention_factor": 1.3, "beta_fast": 4.0, "beta_slow": 0.5}
    sliding = rope(500000.0)
    both = {"sliding_attention": sliding, "full_attention": yarn | {"rope_theta": 500000.0}}
    config = transformers.Olmo3Config(
        **SIZES, hidden_size=16, intermediate_size=20, num_attention_heads=2,
        num_key_value_heads=1, num_hidden_layers=4, rms_norm_eps=1e-6, sliding_window=6,
        rope_parameters=both, tie_word_embeddings=False)
    full = yarn | {"rope_theta": 500000.0}
    return Family(
        model=transformers.Olmo3ForCausalLM(config), **OLMO | {"heads": 2},
        legacy=PUBLISHED | {"rope_theta": 500000.0, "rope_scaling": yarn},
        legacy_keys=DECODER + "attention_bias attention_dropout pad_token_id rope_scaling "
        "sliding_window",
        features=QK_NORM | {
            "post norms": (r"post_(attention|feedforward)_layernorm", 1.0),
            "window": {"sliding_window": 100}, "window of 6": {"sliding_window": 7},
            "yarn": {"rope_parameters": both | {"full_attention": sliding}},
            "factor of yarn": {"rope_parameters": both | {
                "full_attention": full | {"attention_factor": 1.0}}},
            "plain positions beside windows": {"rope_parameters": both | {
                "sliding_attention": full}}})


PHI3 = ("attention_dropout embd_pdrop original_max_position_embeddings pad_token_id resid_pdrop "
        "rope_scaling sliding_window ")


def phi3():
    """Query, key and value in one matrix, gate and up in another, windows."""
    config = transformers.Phi3Config(
        **SIZES, hidden_size=24, intermediate_size=28, num_attention_heads=4,
        num_hidden_layers=2, rms_norm_eps=1e-5, sliding_window=6, rope_parameters=rope(10000.0),
        tie_word_embeddings=False)
    return Family(
        model=transformers.Phi3ForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 10000.0, "rope_scaling": None},
        legacy_keys=DECODER + PHI3,
        features={"window": {"sliding_window": None}, "window of 6": {"sliding_window": 7},
                  "rope base": {"rope_parameters": rope(100.0)}})


def phi4_mini():
    """Phi-3 with grouped heads of which three quarters are rotated, tied, and prompts longer than
    the trained context of positions of type longrope.
    """
    scaling = {"type": "longrope", "short_factor": [1.0, 1.25, 1.5],
               "long_factor": [1.0, 3.0, 9.0]}
    rotary = scaling | rope(10000.0, rope_type="longrope", partial_rotary_factor=0.75,
                            original_max_position_embeddings=3)
    config = transformers.Phi3Config(
        **SIZES, hidden_size=32, intermediate_size=28, num_attention_heads=4,
        num_key_value_heads=2, num_hidden_layers=2, rms_norm_eps=1e-5,
        original_max_position_embeddings=3, rope_parameters=rotary, tie_word_embeddings=True)
    return Family(
        model=transformers.Phi3ForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 10000.0, "rope_scaling": scaling,
                            "partial_rotary_factor": 0.75},
        legacy_keys=DECODER + PHI3 + "partial_rotary_factor",
        features={
            "long factors": {"rope_parameters": rotary | {"long_factor": scaling["short_factor"]}},
            "factor of cosine and sine": {"rope_parameters": rotary | {"attention_factor": 1.0}},
            "trained context": {"original_max_position_embeddings": 100}})


def granite():
    """Factors of embeddings, scores, what attention and MLP add, and logits."""
    config = transformers.GraniteConfig(
        **GROUPED, num_hidden_layers=3, rms_norm_eps=1e-5, rope_parameters=rope(10000.0),
        tie_word_embeddings=True, embedding_multiplier=3.0, attention_multiplier=0.4,
        residual_multiplier=0.6, logits_scaling=0.7)
    return Family(
        model=transformers.GraniteForCausalLM(config), **LLAMA, embed_scale=3.0, added_scale=0.6,
        legacy=PUBLISHED | {"rope_theta": 10000.0, "rope_scaling": None},
        legacy_keys=DECODER + "attention_bias attention_dropout attention_multiplier "
        "embedding_multiplier logits_scaling mlp_bias pad_token_id residual_multiplier "
        "rope_scaling",
        features={name: {name: 1.0} for name in (
            "embedding_multiplier", "attention_multiplier", "residual_multiplier",
            "logits_scaling")})


def smollm3():
    """Every second layer without rotary positions and with a window. The published file names
    neither the layers nor tying.
    """
    config = transformers.SmolLM3Config(
        **GROUPED, num_hidden_layers=3, rms_norm_eps=1e-6, rope_parameters=rope(2000000.0),
        no_rope_layer_interval=2, use_sliding_window=True, sliding_window=6)
    return Family(
        model=transformers.SmolLM3ForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 2000000.0, "rope_scaling": None},
        legacy_keys=DECODER.replace("tie_word_embeddings", "") + "attention_bias "
        "attention_dropout mlp_bias no_rope_layer_interval pad_token_id rope_scaling "
        "sliding_window use_sliding_window",
        features={"layers without positions": {"no_rope_layers": [1, 1, 1]},
                  "layers with positions": {"no_rope_layers": [0, 0, 1]},
                  "window of 6": {"sliding_window": 7}})


def mixtral():
    """Experts whose weights add up to one, a window in every layer, a head size of its own."""
    config = transformers.MixtralConfig(
        **GROUPED | {"intermediate_size": 12}, num_hidden_layers=2, head_dim=10, rms_norm_eps=1e-5,
        sliding_window=6, rope_parameters=rope(1000000.0), tie_word_embeddings=False,
        num_local_experts=4, num_experts_per_tok=2)
    return Family(
        model=transformers.MixtralForCausalLM(config), **LLAMA,
        legacy=PUBLISHED | {"rope_theta": 1000000.0},
        legacy_keys=DECODER + "attention_dropout head_dim num_experts_per_tok num_local_experts "
        "output_router_logits router_aux_loss_coef sliding_window",
        features={"window": {"sliding_window": None}, "window of 6": {"sliding_window": 7},
                  "two experts": {"num_experts_per_tok": 1},
                  "rope base": {"rope_parameters": rope(10000.0)}},
        router=lambda layer: layer.mlp.gate)


FAMILIES = {
    "llama": llama, "qwen2": qwen2, "qwen3": qwen3, "gpt2": gpt2,
    "gpt_neox_parallel": lambda: gpt_neox(True), "gpt_neox_sequential": lambda: gpt_neox(False),
    "mistral": mistral, "gemma2": gemma2, "gemma3_text": gemma3_text, "qwen3_moe": qwen3_moe,
    "olmoe": olmoe, "olmo2": olmo2, "olmo3": olmo3, "phi3": phi3,
    "phi4_mini": phi4_mini, "granite": granite, "smollm3": smollm3, "mixtral": mixtral}
