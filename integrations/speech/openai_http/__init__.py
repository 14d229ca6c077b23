"""Hears and speaks through any server with OpenAI's audio API (openai/openai-openapi, /audio/*)."""

from integrations.speech.openai_http.client import OpenAiSpeech

__all__ = ["OpenAiSpeech"]
