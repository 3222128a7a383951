"""Write the small text set of the demo: messages to an imaginary shop, in eight intents.

Every sentence pattern below was written for this file; each is filled in twice with different things,
openings and closings. The pattern's number stands in the table, so that a study can keep the two fillings
of one pattern on one side of a split.

    python scripts/make_demo_texts.py
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "touchstone" / "demo" / "texts.csv"

THINGS = (
    "kettle", "desk lamp", "rain jacket", "backpack", "coffee grinder", "pair of boots", "phone case", "blender",
    "garden hose", "winter coat", "set of plates", "headset", "yoga mat", "bicycle pump", "pillow", "toaster",
    "picture frame", "tent", "keyboard", "rug", "frying pan", "wool scarf", "alarm clock", "bookshelf",
)  # fmt: skip
DAYS = ("Monday", "last Tuesday", "Wednesday", "Thursday", "Friday", "the weekend", "the 3rd", "the 14th", "last week")
PLACES = ("Leeds", "Porto", "Graz", "Utrecht", "Lyon", "Tampere", "Bergen", "Ghent", "Turin", "Cork", "Basel", "Aarhus")
OPENINGS = ("", "", "", "Hi, ", "Hello, ", "Good morning, ", "Hi there, ", "Excuse me, ", "Dear team, ", "Hey, ")
CLOSINGS = (
    "",
    "",
    "",
    "",
    " Thanks.",
    " Thank you!",
    " Please help.",
    " Cheers, Sam",
    " Many thanks, Ines",
    " Regards, J.",
)

PATTERNS = {
    "cancel_order": (
        "please stop the {thing} I bought on {day}, I no longer want it",
        "I changed my mind about the {thing}, can you call the purchase off before it leaves",
        "is it too late to withdraw what I ordered on {day}?",
        "don't send the {thing}, I found one in the cellar",
        "I clicked buy twice by mistake, remove one {thing}",
        "my daughter ordered a {thing} without asking, undo that please",
        "kindly void the purchase of {day}",
        "I would like to back out of buying the {thing}",
        "scrap my order, my plans for {place} fell through",
        "can I still get out of the {thing} purchase if nothing has been packed yet",
        "how do I drop one {thing} from what I ordered on {day}",
        "annul everything I put through on {day}, I picked the wrong shop",
        "I don't need the {thing} any more, please take it off the list before dispatch",
        "there is no button to cancel the {thing}, do it for me",
        "hold on with packing, I want to call off the {thing}",
        "we got a {thing} as a gift so ours can be cancelled",
        "I ordered the wrong size of {thing}, kill that order and I'll place another",
        "abort the {thing} order from {day} right away",
        "my subscription box for {place} should end before the next one is made",
        "forget about the {thing}, I have decided against it",
        "I'd rather not go through with the {thing}",
        "withdraw my pre-order of the {thing} please",
        "the waiting time is too long, I am pulling out of the {thing} deal",
        "turn my order of {day} back, nothing should be shipped",
        "please do not process the basket I confirmed on {day}",
        "the {thing} was a spur of the moment thing, can we cancel",
        "someone used my tablet to order a {thing}, I do not want it sent",
        "could you delete the {thing} from the order, the rest may stay",
        "I am moving away from {place} and no longer want the {thing} delivered, cancel it",
        "if it has not left the warehouse, please let my {thing} stay there for good",
    ),
    "change_address": (
        "I have moved to {place}, send the {thing} there instead",
        "the street on my order is wrong, it should be number 12",
        "can the parcel go to my office in {place}?",
        "please use my new home from {day} on",
        "I forgot to put the flat number on the label",
        "our house in {place} is empty now, ship to my parents",
        "how do I edit where the {thing} gets sent",
        "the postcode you have for me is an old one",
        "redirect my {thing} to a pick-up shop in {place}",
        "I typed the wrong town, it is {place}",
        "we are relocating on {day}, update where our things go",
        "could the courier bring it to my neighbour at number 7",
        "swap the destination of the {thing} for my work place",
        "my profile still shows where I lived two years ago",
        "please correct the spelling of my road before the {thing} ships",
        "make {place} the default place for all my parcels",
        "I'd like the {thing} to go to a friend in {place}, it is a present",
        "there are two streets with that name in {place}, mine is the northern one",
        "is it possible to have the {thing} dropped at my holiday flat in {place}",
        "the house number got lost when I ordered on {day}",
        "send everything to the new residence I wrote you about on {day}",
        "I need another recipient name on the {thing} parcel",
        "our company moved to {place}, invoices and goods should follow",
        "take my old place off the account and put the {place} one in",
        "wrong building! I live at block C, the order says block G",
        "where can I add a second location for deliveries",
        "please forward the {thing} to {place}, I am staying there until {day}",
        "from {day} I can be found in {place}, the {thing} should find me there",
        "the form cut off the last line of where I live",
        "let the driver know the entrance is in the side lane, not the road you have",
    ),
    "delivery_late": (
        "where is my {thing}? it was promised for {day}",
        "the tracking page has not moved since {day}",
        "I have waited two weeks for a {thing} now",
        "my parcel seems to be stuck in {place}",
        "any news on when the {thing} gets here",
        "the driver never showed up on {day}",
        "it says delivered but nothing is at my door",
        "still no {thing}, how much longer",
        "the courier's site tells me it went back to {place}",
        "you said three days, today is day nine",
        "can you find out what happened to the box sent on {day}",
        "I took {day} off to receive the {thing} and nobody came",
        "the estimated arrival keeps sliding back",
        "has my {thing} even left your warehouse",
        "everyone in my street got their post, only my {thing} is missing",
        "I need the {thing} by {day}, will it make it",
        "the status has read 'in transit' for ages",
        "your van drove past my house in {place} without stopping",
        "how come the {thing} is travelling through {place} when I live elsewhere",
        "the tracking number you mailed me is unknown to the carrier",
        "our {thing} should have been here before the party on {day}",
        "it's been silent since the shipping note of {day}",
        "please check whether the package got lost on the way",
        "half of what I ordered came, the {thing} did not",
        "when will the rest of my shipment turn up",
        "the app shows my {thing} on a truck since {day}",
        "I was told next day, and that was on {day}",
        "a week overdue and not a word from you about the {thing}",
        "did the parcel for {place} go astray",
        "give me a real date for the {thing}, not another 'soon'",
    ),
    "login_problem": (
        "I can't get into my account since {day}",
        "the site says my password is wrong but I am sure it is right",
        "the reset mail never arrives",
        "my profile is locked after three tries",
        "I lost the phone that gets the codes",
        "the sign-in page just reloads when I press enter",
        "how do I recover a user name I forgot",
        "I get thrown out whenever I open my basket with the {thing}",
        "your page tells me there is no user with my e-mail",
        "the six-digit code expires before I can type it",
        "somebody changed my credentials, I cannot enter any more",
        "after the update of {day} my fingerprint is not accepted",
        "it asks for a security question I never set",
        "I'm locked out on my laptop but fine on my tablet",
        "the link to choose a new password says it is too old",
        "can you unblock my account, I need to see the order for the {thing}",
        "I have two accounts and can open neither",
        "the captcha keeps telling me I am a robot",
        "since I am in {place} the site refuses to let me in",
        "my mail provider closed, how can I sign in with another address",
        "error 403 when I try to log on",
        "the app forgets me every time and then rejects my PIN",
        "I never got the confirmation to activate my registration of {day}",
        "please reset my access, I do not remember anything about it",
        "signing in with my social account leads to a white page",
        "my wife and I share a login and now it is blocked",
        "why does it say session ended as soon as I am in",
        "the keyboard on the login screen does not let me type an umlaut of my password",
        "my access was suspended on {day} without a reason",
        "authentication fails on every browser I own",
    ),
    "payment_problem": (
        "my card was declined though there is money on it",
        "you charged me twice for the {thing}",
        "the payment page hangs after I confirm",
        "why has the amount on my statement a different total",
        "the voucher code from {day} does not take anything off",
        "I was billed for a {thing} I did not order",
        "can I pay by invoice instead",
        "my bank says you reversed the transfer of {day}",
        "the checkout does not accept my debit card",
        "there is a fee of four euros I cannot explain",
        "the instalment for the {thing} was taken too early",
        "I transferred the money on {day} but you still send reminders",
        "please send a receipt with VAT for the {thing}",
        "the price doubled between basket and checkout",
        "my gift card balance is gone after the failed purchase",
        "you debited my old account in {place}",
        "the wallet app reports success, your shop says unpaid",
        "I paid for express and got billed for it twice",
        "can the bill for the {thing} be split over two cards",
        "a charge from your shop on {day}, what is it for",
        "the direct debit bounced, how do I settle the sum now",
        "your till wants a CVC that my card does not have",
        "I got a dunning letter for something I paid on {day}",
        "the currency on the bill is wrong, I pay in francs",
        "three pending charges for one {thing}, please release two",
        "my company needs the tax number on the invoice of {day}",
        "the discount for students was not deducted",
        "money was taken but no order number came",
        "is it safe to type my card number again after that error",
        "the bank wants to know who you are before it lets the {thing} payment pass",
    ),
    "product_question": (
        "does the {thing} come in green",
        "how heavy is the {thing}",
        "is the {thing} dishwasher safe",
        "will you have the {thing} in stock again by {day}",
        "which size of {thing} fits a person of 1.80 m",
        "what is the difference between the two models of {thing}",
        "does it need batteries",
        "can I use the {thing} outdoors in the rain",
        "how long is the guarantee on the {thing}",
        "is there a manual in French for the {thing}",
        "what is the {thing} made of",
        "do you also sell spare parts for the {thing}",
        "would the {thing} be right for a child of six",
        "where was the {thing} produced",
        "is it loud? I live in a thin-walled flat in {place}",
        "how many watts does it draw",
        "can I see the {thing} in a shop in {place} before I buy",
        "does the {thing} work with left-handed people",
        "are there any animal products in the {thing}",
        "what is in the box besides the {thing}",
        "which one would you recommend for a small kitchen",
        "is the new version of the {thing} really better than last year's",
        "how do I clean the {thing}",
        "does the colour on the photo match the real thing",
        "what are the measures of the {thing} when folded",
        "will an adapter from {place} fit",
        "could you tell me if the {thing} has been tested for allergies",
        "is the {thing} suitable for vegetarians and for sensitive skin",
        "does anything have to be screwed together or is it ready to use",
        "I wonder whether the {thing} can stand temperatures below zero",
    ),
    "refund_request": (
        "I sent the {thing} back on {day} and want my money",
        "when will I be reimbursed for the {thing}",
        "how do I return a {thing} that does not fit",
        "I'd like to give the {thing} back, it is not what I expected",
        "please credit me for the parcel I returned from {place}",
        "the return label you sent cannot be printed",
        "may I bring the {thing} back to a shop in {place}",
        "you received my return on {day}, where is the repayment",
        "I only got half of the sum back",
        "can I swap the {thing} for store credit",
        "the {thing} is unused and in its box, take it back please",
        "your policy says thirty days, I am on day twenty, so I am returning it",
        "do I have to pay the postage for sending the {thing} back",
        "I want to be paid back, not to get a coupon",
        "it does not suit me, what are the steps for a return",
        "is a {thing} bought in the sale returnable",
        "how long does it take until a return is credited",
        "money back please, the {thing} is nothing like the photo",
        "the pick-up of my return on {day} did not happen",
        "I handed the returned {thing} over in {place}, here is the slip",
        "my returned goods were refused, why",
        "we are not happy with the {thing} and claim our money back guarantee",
        "please reimburse the shipping too, since I send everything back",
        "the repayment went to a card that I closed",
        "can I return one of the two and keep the other {thing}",
        "I never opened the {thing}, so a full refund should be fine",
        "my wife dislikes the {thing}, back it goes, what do you need from me",
        "you promised on {day} to give me my money back",
        "need a return form for the {thing}",
        "the seller in {place} does not want to take it back, you do it",
    ),
    "damaged_item": (
        "the {thing} arrived broken",
        "there is a big scratch on my new {thing}",
        "one part of the {thing} is missing, I cannot put it together",
        "the box was crushed and the {thing} bent",
        "it stopped working after two days",
        "the zip of the bag came off on {day}",
        "I found a crack in the bottom of the {thing}",
        "the {thing} smells burnt when I switch it on",
        "you sent me a {thing} that somebody had used before",
        "the seam is coming apart already",
        "the glass was in pieces when I opened the parcel on {day}",
        "it leaks at the lid",
        "the {thing} makes a grinding noise and then shuts down",
        "water got into the parcel and ruined the {thing}",
        "the screws do not fit the holes",
        "out of the box, the {thing} does not turn on at all",
        "a leg is shorter than the others, it wobbles",
        "the paint peels off the {thing} after one wash",
        "wrong colour and torn, that is what came on {day}",
        "the display of the {thing} flickers and goes dark",
        "my {thing} has a dent the size of a coin",
        "the handle snapped the first time I used it",
        "it came without the cable it needs",
        "the fabric has a hole as if a moth had been at it",
        "mould inside the {thing}, I could not believe it",
        "the {thing} from {place} seems to be a faulty batch, mine and my sister's failed alike",
        "the motor died on {day} after a single use",
        "I got shards in place of a {thing}",
        "there are stains all over the {thing} you delivered",
        "the battery swells up, is that dangerous",
    ),
}


def fill(pattern: str, rng: random.Random) -> str:
    """One message from a pattern."""
    text = pattern.format(thing=rng.choice(THINGS), day=rng.choice(DAYS), place=rng.choice(PLACES))
    opening, closing = rng.choice(OPENINGS), rng.choice(CLOSINGS)
    text = opening + text if opening else text[0].upper() + text[1:]
    end = (
        "" if text.endswith(("?", "!")) else rng.choice((".", ".", ".", "!")) if closing else rng.choice(("", ".", "."))
    )
    return text + end + closing


def rows(seed: int = 0) -> list[tuple[str, str, str]]:
    """(text, intent, pattern) in a mixed order; no text twice."""
    rng = random.Random(seed)
    made = []
    for intent, patterns in PATTERNS.items():
        for number, pattern in enumerate(patterns):
            texts: set[str] = set()
            while len(texts) < 2:
                texts.add(fill(pattern, rng))
            made += [(text, intent, f"{intent}-{number:02d}") for text in sorted(texts)]
    rng.shuffle(made)
    return made


def main() -> None:
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("text", "intent", "pattern"))
        writer.writerows(rows())
    print(f"{len(rows())} texts -> {TARGET}")


if __name__ == "__main__":
    main()
