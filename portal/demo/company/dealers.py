"""The forty dealers, as import rows: one row for every outlet."""

from __future__ import annotations

import random
from typing import NamedTuple

from portal.demo.company.model import Row
from portal.demo.company.places import CITIES, DISTRICTS_CN, EAST, REPS, STREETS_CN, City

DEMO_DEALER = "1009"


class Dealer(NamedTuple):
    """One dealer. `size` is A, B or C; `likes` the two-letter codes "
    "of the product groups it buys; `terms` days, 0 = prepayment."""

    number: str
    en: str
    zh: str
    cities: str
    contact: str
    slug: str
    size: str
    terms: int
    likes: str
    streets: tuple[str, ...] = ()


ALL = "CK BK KN KT TW DR TC ST"
# fmt: off
DEALERS: tuple[Dealer, ...] = (
    Dealer("1001", "Ningbo Haisu Kitchenware Co., Ltd.", "宁波海粟厨具有限公司", "ningbo ningbo",
           "陈海粟", "haisu", "A", 30, ALL),
    Dealer("1002", "Hangzhou Qingcui Home Co., Ltd.", "杭州青翠家居有限公司", "hangzhou",
           "沈若青", "qingcui", "B", 30, "TW DR TC ST"),
    Dealer("1003", "Shanghai Pumai Trading Co., Ltd.", "上海浦麦贸易有限公司", "shanghai shanghai shanghai",
           "顾一鸣", "pumai", "A", 45, ALL),
    Dealer("1004", "Shanghai Wanlu Hotel Supplies Co., Ltd.", "上海万露酒店用品有限公司", "shanghai",
           "徐婉露", "wanlu", "A", 60, "TW DR CK KN"),
    Dealer("1005", "Suzhou Linyuan Living Co., Ltd.", "苏州林园生活用品有限公司", "suzhou suzhou",
           "陆林远", "linyuan", "B", 30, "TC TW ST"),
    Dealer("1006", "Nanjing Jinling Chuju Co., Ltd.", "南京金陵厨居有限公司", "nanjing",
           "丁晓川", "jlchuju", "B", 30, "CK KN KT BK"),
    Dealer("1007", "Wuxi Taihu Baking Supplies Co., Ltd.", "无锡太湖烘焙用品有限公司", "wuxi",
           "蒋雨桐", "taihubake", "C", 0, "BK KT ST"),
    Dealer("1008", "Hefei Huifeng Department Store Co., Ltd.", "合肥徽风百货有限公司", "hefei",
           "汪志远", "huifeng", "C", 30, "CK TW DR ST"),
    Dealer("1009", "Hangzhou Xiling Kitchen & Table Co., Ltd.", "杭州西泠餐厨有限公司",
          "hangzhou hangzhou ningbo shanghai",
           "何静怡", "xiling", "A", 30, ALL),
    Dealer("1010", "Beijing Yannan Home Co., Ltd.", "北京燕南家居有限公司", "beijing beijing",
           "赵燕南", "yannan", "A", 45, ALL),
    Dealer("1011", "Beijing Hutong Coffee Tools Co., Ltd.", "北京胡同咖啡器具有限公司", "beijing",
           "孟子川", "hutongcoffee", "B", 15, "TC DR"),
    Dealer("1012", "Tianjin Jinmen Kitchenware Co., Ltd.", "天津津门厨具有限公司", "tianjin",
           "韩立群", "jinmen", "B", 30, "CK KN KT"),
    Dealer("1013", "Jinan Quancheng Home Goods Co., Ltd.", "济南泉城家用品有限公司", "jinan",
           "孔令仪", "quancheng", "C", 30, "TW DR ST"),
    Dealer("1014", "Qingdao Haifeng Hotel Supplies Co., Ltd.", "青岛海峰酒店用品有限公司", "qingdao qingdao",
           "于海峰", "haifeng", "B", 30, "TW DR CK"),
    Dealer("1015", "Dalian Beihai Trading Co., Ltd.", "大连北海商贸有限公司", "dalian",
           "曲文博", "beihai", "C", 0, "CK KT TC"),
    Dealer("1016", "Shenyang Shengjing Kitchenware Co., Ltd.", "沈阳盛京厨具有限公司", "shenyang",
           "关雪梅", "shengjing", "C", 30, "CK KN TW"),
    Dealer("1017", "Zhengzhou Zhongyuan Tableware Co., Ltd.", "郑州中原餐具有限公司", "zhengzhou zhengzhou",
           "魏东升", "zytable", "B", 30, "TW DR KT"),
    Dealer("1018", "Xi'an Chang'an Life Co., Ltd.", "西安长安生活馆有限公司", "xian",
           "秦悦", "changan", "C", 0, "TC TW ST"),
    Dealer("1019", "Wuhan Donghu Home Co., Ltd.", "武汉东湖家居有限公司", "wuhan wuhan",
           "熊子涵", "donghu", "B", 30, ALL),
    Dealer("1020", "Changsha Xiangwei Kitchenware Co., Ltd.", "长沙湘味厨具有限公司", "changsha",
           "彭湘", "xiangwei", "C", 30, "CK KN KT"),
    Dealer("1021", "Chengdu Jinjiang Teahouse Supplies Co., Ltd.", "成都锦江茶馆用品有限公司",
          "chengdu chengdu chengdu",
           "唐锦", "jinjiang", "A", 30, "TC TW DR CK"),
    Dealer("1022", "Chongqing Shancheng Hotpot Supplies Co., Ltd.", "重庆山城火锅用品有限公司", "chongqing",
           "冉启航", "shancheng", "B", 30, "CK TW KT"),
    Dealer("1023", "Kunming Chuncheng Home Co., Ltd.", "昆明春城家居有限公司", "kunming",
           "段春晓", "chuncheng", "C", 0, "TC ST TW"),
    Dealer("1024", "Guangzhou Lingnan Kitchenware Co., Ltd.", "广州岭南厨具有限公司", "guangzhou foshan",
           "梁岭南", "lingnan", "A", 45, ALL),
    Dealer("1025", "Shenzhen Nanshan Living Co., Ltd.", "深圳南山生活用品有限公司", "shenzhen",
           "黄梓晴", "nanshan", "B", 30, "DR TC ST TW"),
    Dealer("1026", "Xiamen Luye Trading Co., Ltd.", "厦门鹭野贸易有限公司", "xiamen fuzhou",
           "林鹭", "luye", "B", 30, "TC TW DR"),
    Dealer("1027", "Nanning Yongjiang Department Store Co., Ltd.", "南宁邕江百货有限公司", "nanning",
           "韦思琪", "yongjiang", "C", 30, "CK DR ST"),
    Dealer("1028", "Küchenhaus Alsterdamm GmbH", "阿尔斯特堤厨具店（德国）", "hamburg hamburg",
           "Jonas Petersen", "alsterdamm", "A", 30, ALL, ("Brandstwiete 18", "Lagerstraße 42")),
    Dealer("1029", "Tischkultur Isartal GmbH", "伊萨尔谷餐桌文化（德国）", "munich",
           "Magdalena Huber", "isartal", "B", 30, "TW DR TC", ("Sendlinger Weg 7",)),
    Dealer("1030", "Rheinbogen Großhandel KG", "莱茵湾批发商行（德国）", "cologne",
           "Lukas Schmitz", "rheinbogen", "C", 14, "CK BK KN", ("Deutzer Ufer 5",)),
    Dealer("1031", "Aire Valley Cookshop Ltd", "艾尔谷厨具店（英国）", "leeds bristol",
           "Emily Hargreaves", "airevalley", "B", 30, "CK BK KN KT", ("12 Wharf Row", "3 Harbourside Yard")),
    Dealer("1032", "Severn Table Company Ltd", "塞文餐桌公司（英国）", "bristol",
           "Owen Pritchard", "severntable", "C", 0, "TW DR ST", ("48 Quayside Lane",)),
    Dealer("1033", "Straits Larder Pte. Ltd.", "海峡食橱（新加坡）", "singapore",
           "Tan Wei Ling", "straitslarder", "B", 30, "TC TW DR CK", ("21 Cross Lane #03-08",)),
    Dealer("1034", "Creek Side Hospitality Trading LLC", "溪畔酒店用品贸易（阿联酋）", "dubai",
           "Omar Haddad", "creekside", "B", 0, "TW DR KN", ("Warehouse 14, Al Rasf Road",)),
    Dealer("1035", "Cascade Pantry Supply Inc.", "喀斯喀特厨品供应（美国）", "portland chicago",
           "Rachel Nguyen", "cascadepantry", "B", 30, "BK DR TC ST", ("915 NW Alder Row", "2200 W Fulton Yard")),
    Dealer("1036", "Lakefront Restaurant Goods LLC", "湖滨餐饮用品（美国）", "chicago",
           "Marcus Bell", "lakefrontgoods", "C", 0, "CK KN TW", ("77 S Canal Yard",)),
    Dealer("1037", "Maison Presqu'île SARL", "半岛之家（法国）", "lyon",
           "Claire Fontanel", "presquile", "C", 30, "CK BK TW", ("9 rue des Tisserands",)),
    Dealer("1038", "Oudegracht Servies B.V.", "老运河餐具（荷兰）", "utrecht",
           "Sanne de Wit", "oudegracht", "C", 30, "TW TC ST", ("Twijnpad 31",)),
    Dealer("1039", "Yarra Kitchen Traders Pty Ltd", "雅拉厨具商行（澳大利亚）", "melbourne",
           "Daniel Kaur", "yarrakitchen", "C", 0, "CK DR BK", ("64 Little Bourke Yard",)),
    Dealer("1040", "Kampung Dapur Sdn. Bhd.", "乡村厨房（马来西亚）", "kl",
           "Nurul Aina", "kampungdapur", "C", 0, "CK TC ST", ("Lot 8, Jalan Kemuning",)),
)
# fmt: on

EURO = {"DE", "FR", "NL", "SE"}
PARTNERS = {"1001", "1003", "1009", "1010", "1021", "1024"}


def home(dealer: Dealer) -> City:
    """The city of the first outlet."""
    return CITIES[dealer.cities.split()[0]]


def currency(dealer: Dealer) -> str:
    """CNY at home, EUR in the euro zone and its neighbours, USD elsewhere."""
    country = home(dealer).country
    return "CNY" if country == "CN" else "EUR" if country in EURO else "USD"


def language(dealer: Dealer) -> str:
    """The dealer's language, as Django names it."""
    return "zh-hans" if home(dealer).country == "CN" else "en"


def price_lists(dealer: Dealer) -> str:
    """The dealer's lists, the strongest first."""
    lists = [f"WHOLESALE-{currency(dealer)}"]
    if dealer.number in PARTNERS:
        lists.insert(0, "PARTNER-CNY")
    if dealer.number == DEMO_DEALER:
        lists.insert(0, f"AGREEMENT-{DEMO_DEALER}")
    return ";".join(lists)


def rep(dealer: Dealer) -> tuple[str, str, str, str, str, str]:
    """Whose dealer it is: by region."""
    if currency(dealer) != "CNY":
        return REPS[2]
    return REPS[0] if dealer.cities.split()[0] in EAST else REPS[1]


def buyer_email(dealer: Dealer) -> str:
    """The login of the dealer's main buyer, its contact."""
    return f"orders@{dealer.slug}.example"


def tax_number(dealer: Dealer, rng: random.Random) -> str:
    """A number of the country's form that was never issued: China's with a right check character but region 990000."""
    country = home(dealer).country
    if country != "CN":
        return f"{country}99{int(dealer.number):04d}{rng.randrange(1000):03d}"
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = "91990000MA" + "".join(rng.choice(alphabet) for _ in range(7))
    total = sum(alphabet.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + alphabet[-total % 31]


def outlet_codes(dealer: Dealer) -> list[str]:
    """The codes of the dealer's outlets, the main one first."""
    return [f"{dealer.number}-{place:02d}" for place in range(1, len(dealer.cities.split()) + 1)]


def _address(dealer: Dealer, place: int, city: City, rng: random.Random) -> tuple[str, str, str]:
    """Outlet name and two address lines, in the language of the country."""
    if city.country == "CN":
        name = (
            f"{city.name}总店"
            if place == 0
            else f"{city.name}{DISTRICTS_CN[(int(dealer.number) + place) % len(DISTRICTS_CN)]}"
        )
        street = f"{rng.choice(STREETS_CN)} {rng.randrange(8, 680)} 号"
        return name, street, f"{rng.randrange(1, 12)} 号楼 {rng.randrange(1, 5)} 层"
    return (f"{city.name} main store" if place == 0 else f"{city.name} branch"), dealer.streets[place], ""


def dealer_rows(credit: dict[str, str], rng: random.Random) -> list[Row]:
    """The import rows of every dealer; `credit` gives each its credit limit in its own currency."""
    rows: list[Row] = []
    for dealer in DEALERS:
        main = home(dealer)
        tax = tax_number(dealer, rng)
        prefix = f"+86 {main.phone.lstrip('0')}" if main.country == "CN" else main.phone
        phone = f"{prefix} 5550 {rng.randrange(1000, 9999)}"
        for place, key in enumerate(dealer.cities.split()):
            city = CITIES[key]
            outlet, line1, line2 = _address(dealer, place, city, rng)
            rows.append(
                {
                    "number": dealer.number,
                    "name": dealer.en,
                    "name_zh": dealer.zh,
                    "tax_id": tax,
                    "price_lists": price_lists(dealer),
                    "currency": currency(dealer),
                    "tax_percent": "13" if main.country == "CN" else "0",
                    "payment_terms_days": str(dealer.terms),
                    "credit_limit": credit[dealer.number],
                    "language": language(dealer),
                    "sales_rep": rep(dealer)[0],
                    "territory": rep(dealer)[4],
                    "contact_name": dealer.contact,
                    "contact_email": buyer_email(dealer),
                    "contact_phone": phone,
                    "outlet_code": outlet_codes(dealer)[place],
                    "outlet_name": outlet,
                    "address_line1": line1,
                    "address_line2": line2,
                    "city": city.name,
                    "state": city.state,
                    "postal_code": city.postal,
                    "country": city.country,
                    "latitude": f"{city.latitude + rng.uniform(-0.04, 0.04) * (place > 0):.5f}",
                    "longitude": f"{city.longitude + rng.uniform(-0.04, 0.04) * (place > 0):.5f}",
                }
            )
    return rows
