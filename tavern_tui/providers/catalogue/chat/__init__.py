"""Rows of the chat services, one module for each kind."""

from __future__ import annotations

from tavern_tui.providers.catalogue.chat.claude import CLAUDE
from tavern_tui.providers.catalogue.chat.google import GOOGLE
from tavern_tui.providers.catalogue.chat.hosts import HOSTS
from tavern_tui.providers.catalogue.chat.labs import LABS
from tavern_tui.providers.catalogue.chat.openai import OPENAI_FAMILY
from tavern_tui.providers.catalogue.chat.openrouter import OPENROUTER
from tavern_tui.providers.catalogue.chat.routers import ROUTERS

CHAT = (*OPENAI_FAMILY, CLAUDE, *GOOGLE, OPENROUTER, *LABS, *HOSTS, *ROUTERS)
