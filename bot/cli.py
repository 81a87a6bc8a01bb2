import sys, json
from datetime import date
from bot.app import build_app
from bot.settings import Settings
from bot.dialog.turn import Conversation
from bot.contract import reply_of
def main():
    app=build_app(Settings.from_env())
    conv={}
    for line in sys.stdin:
        d=json.loads(line); c=conv.get(d['session'],Conversation())
        t=app.manager.respond(c,d['text'],as_of=date(2026,11,23)); conv[d['session']]=c.then(t)
        print(reply_of(t,d['session'],dict(app.library.main.benefits)).model_dump_json(),flush=True)
main()
