"""Commands of SillyTavern's that are not here, and why: a script that has one is told, not left to guess."""

from __future__ import annotations

_REASONS = (
    (
        "A terminal has no such picture or layout.",
        "bg background lockbg bglock unlockbg bgunlock autobg bgauto bgcol css-var vn panels togglepanels "
        "resetpanels resetui movingui pick-icon reload-page pm-render",
    ),
    (
        "There are no sprites here.",
        "expression-set sprite emote expression-folder-override spriteoverride costume expression-last "
        "lastsprite expression-list expressions expression-classify classify expression-fallback "
        "expression-upload uploadsprite",
    ),
    (
        "Pictures and speech are not made here.",
        "imagine sd img image imagine-source sd-source img-source imagine-style sd-style img-style "
        "imagine-comfy-workflow icw speak narrate tts",
    ),
    (
        "There is no data bank and no vector storage here.",
        "db databank data-bank db-list databank-list data-bank-list db-get databank-get data-bank-get db-add "
        "databank-add data-bank-add db-update databank-update data-bank-update db-delete databank-delete "
        "data-bank-delete db-disable databank-disable data-bank-disable db-enable databank-enable "
        "data-bank-enable db-search databank-search data-bank-search db-ingest databank-ingest "
        "data-bank-ingest db-purge databank-purge data-bank-purge vector-chats-state vector-files-state "
        "vector-worldinfo-state vector-threshold vector-max-entries vector-query",
    ),
    (
        "There are no extensions of this kind here.",
        "extension-enable extension-disable extension-toggle extension-state extension-exists "
        "extension-installed translate yt-script",
    ),
    (
        "Nothing is shown over the screen while a script runs.",
        "loader-show loader-hide loader-stop loader-wrap",
    ),
    (
        "Quick replies are not here yet.",
        "qr qrset qr-set qr-set-on qr-set-off qr-chat-set qr-chat-set-on qr-chat-set-off qr-set-list qr-list "
        "qr-get qr-create qr-update qr-delete qr-contextadd qr-contextdel qr-contextclear qr-set-create "
        "qr-presetadd qr-set-update qr-presetupdate qr-set-delete qr-presetdelete qr-arg",
    ),
    (
        "A proxy belongs to a connection: F2, e, More.",
        "proxy",
    ),
    (
        "There are no sets of regex scripts here; F9 turns single ones on and off.",
        "regex-preset",
    ),
    (
        "Cards and their tags are not changed by scripts here.",
        "char-create char-update char-duplicate char-delete rename-char tag-add tag-remove tag-exists "
        "tag-list tag-import",
    ),
    (
        "Keys are shown to nobody; the connections' key list chooses and adds them.",
        "secret-id secret-rotate secret-read secret-find secret-get secret-write secret-rename secret-delete",
    ),
)
NOT_HERE = {name: reason for reason, names in _REASONS for name in names.split()}
"""Name or alias -> why there is no such command."""
