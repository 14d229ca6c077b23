"""Hears with SenseVoice, Paraformer or Whisper and speaks with VITS or Kokoro, by the package sherpa-onnx."""

from integrations.speech.sherpa_onnx.speech import SherpaSpeech

__all__ = ["SherpaSpeech"]
