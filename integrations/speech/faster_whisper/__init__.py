"""Understands speech with OpenAI's Whisper on CTranslate2 (package faster-whisper), offline."""

from integrations.speech.faster_whisper.recogniser import WhisperRecogniser

__all__ = ["WhisperRecogniser"]
