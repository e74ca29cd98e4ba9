"""Words for the signed-out home page and three news items, "
"in both languages; the loader makes Wagtail pages of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A text in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Feature:
    """A short promise on the home page: a heading and one sentence."""

    title: Text
    body: Text


@dataclass(frozen=True)
class HomeStory:
    """The signed-out home page. `picture` and `featured` name files and models of the demo company."""

    title: Text
    lead: Text
    introduction: Text
    features: tuple[Feature, ...]
    closing: Text
    featured_models: tuple[str, ...]
    picture: str


@dataclass(frozen=True)
class NewsStory:
    """A news item, published so many days before today; `body` is a tuple of paragraphs."""

    slug: str
    days_ago: int
    title: Text
    summary: Text
    body: tuple[Text, ...]
    picture: str


HOME = HomeStory(
    title=Text("Made for kitchens that are used", "为天天开火的厨房而做"),
    lead=Text(
        "Larkmoor makes cookware, knives and tableware in Ningbo, "
        "and sells them through independent dealers in China and abroad.",
        "云雀原在宁波生产锅具、刀具与餐具，经由各地独立经销商销往全国与海外。",
    ),
    introduction=Text(
        "This is where our dealers order. Sign in to see your assortment, your prices and your orders.",
        "这里是经销商订货平台。登录后即可查看您的可订货品、专属价格与订单进度。",
    ),
    features=(
        Feature(
            Text("Your own prices", "专属价格"),
            Text(
                "Price lists, tiers and agreements are worked out before you see the page, not after you order.",
                "价格表、阶梯价、协议价，打开页面就是您的价，不必下单后再核。",
            ),
        ),
        Feature(
            Text("Order by the carton", "按箱订货"),
            Text(
                "Every quantity steps in full cartons, and stock is shown for each warehouse with its date.",
                "数量按整箱递增，各仓库存与更新时间一目了然。",
            ),
        ),
        Feature(
            Text("Follow every order", "全程跟单"),
            Text(
                "Review, payment, shipment and receipt: who did what, when, and what is still to come.",
                "审核、付款、发货、收货，谁在何时办理、还差什么，都有记录。",
            ),
        ),
        Feature(
            Text("Close the month in minutes", "几分钟对完账"),
            Text(
                "The statement agrees with every invoice and payment, on screen, in Excel and as a PDF.",
                "对账单与每张发票、每笔回款一致，网页、Excel、PDF 三处同数。",
            ),
        ),
    ),
    closing=Text(
        "Want to sell Larkmoor? Write to dealers@larkmoor.example and tell us about your shop.",
        "想要经销云雀原？请写信到 dealers@larkmoor.example，介绍一下您的门店。",
    ),
    featured_models=("CK106", "TW501", "KN301", "TC706", "DR605", "ST803"),
    picture="ck106-cr.webp",
)

NEWS: tuple[NewsStory, ...] = (
    NewsStory(
        slug="dune-stoneware-new-kiln",
        days_ago=9,
        title=Text("A second kiln for the Dune range", "“沙丘”系列启用第二座窑"),
        summary=Text(
            "Plates and mugs in sand and sage are back in stock, and lead times fall to twelve days.",
            "沙色与鼠尾草绿的盘、杯已恢复供应，交期缩短到十二天。",
        ),
        body=(
            Text(
                "Dune has sold faster than we could fire it. Since this month a second kiln runs beside the "
                "first, and every size of plate, rice bowl and mug is again on the shelf in Ningbo and Foshan.",
                "“沙丘”系列卖得比烧得快。本月起，第二座窑与第一座并排开火，"
                "各尺寸平盘、饭碗和马克杯在宁波、佛山两仓均已到货。",
            ),
            Text(
                "The glaze is the same, and so is the rule: no two pieces alike. Please "
                "show a customer more than one plate from the carton before promising a shade.",
                "釉料没有变，规矩也没有变：每一只都不一样。答应顾客某个色调之前，请多拿几只给顾客看看。",
            ),
        ),
        picture="tw501-sd.webp",
    ),
    NewsStory(
        slug="festival-cut-off-dates",
        days_ago=24,
        title=Text("Cut-off dates for the season", "旺季截单时间"),
        summary=Text(
            "When to order for delivery before the holidays, at home and overseas.",
            "节前到货，国内与海外分别需要在什么时候下单。",
        ),
        body=(
            Text(
                "For delivery inside China, orders approved two weeks before a public holiday will "
                "arrive before it. Sea freight to Europe and North America needs six weeks from our gate.",
                "国内订单在法定假期前两周完成审核，即可节前送达。发往欧洲与北美的海运，从出厂算起请预留六周。",
            ),
            Text(
                "Stock in the Rotterdam depot leaves within two working days. "
                "Your sales rep can reserve cartons for orders above one pallet.",
                "鹿特丹海外仓现货两个工作日内发出。满一托盘的订单，可请业务员预留货量。",
            ),
        ),
        picture="dr607-gr.webp",
    ),
    NewsStory(
        slug="hearth-casserole-in-two-colours",
        days_ago=47,
        title=Text("Hearth casseroles: two colours, three sizes", "炉火珐琅锅：两种颜色，三个尺寸"),
        summary=Text(
            "We have narrowed the range, and can now ship every size from stock.", "精简之后，每个尺寸都有现货。"
        ),
        body=(
            Text(
                "Shops told us that six colours meant three of them gathered dust. Cream "
                "and forest green remain, in 20, 24 and 28 centimetres, two to a carton.",
                "不少门店反映，六种颜色里总有三种积灰。现在只保留奶油白与森林绿，20、24、28 厘米三个尺寸，每箱两件。",
            ),
            Text(
                "The enamel carries our ten-year promise. Spare knobs "
                "can be ordered through your sales rep, free of charge.",
                "珐琅层质保十年。锅盖旋钮如需更换，可向业务员免费申领。",
            ),
        ),
        picture="ck106-fo.webp",
    ),
)
