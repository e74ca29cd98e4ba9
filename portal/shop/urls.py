"""The dealers' screens."""

from __future__ import annotations

from django.urls import URLPattern

from portal.access.roles import Permission as P
from portal.access.routing import route
from portal.shop import (
    account,
    cart,
    cartfiles,
    carts,
    catalogue,
    checkout,
    files,
    home,
    item_numbers,
    lists,
    money,
    orders,
    product,
    quick_order,
)

app_name = "shop"

urlpatterns: list[URLPattern] = [
    route("", home.home, name="home", access=P.BROWSE),
    route("catalogue/", catalogue.catalogue, name="catalogue", access=P.BROWSE),
    route("catalogue/<str:slug>/<int:pk>/", catalogue.category, name="category", access=P.BROWSE),
    route("search/", catalogue.search, name="search", access=P.BROWSE),
    route("search/suggestions/", catalogue.suggest, name="suggest", access=P.BROWSE),
    route("product/<str:slug>/<path:sku>/", product.product, name="product", access=P.BROWSE),
    route("product-files/<int:pk>/", files.product_file, name="product_file", access=P.BROWSE),
    route("quick-order/", quick_order.quick_order, name="quick_order", access=P.ORDER),
    route("quick-order/line/", quick_order.quick_line, name="quick_line", access=P.ORDER),
    route("quick-order/suggestions/", quick_order.quick_suggest, name="quick_suggest", access=P.ORDER),
    route("cart/", cart.cart, name="cart", access=P.ORDER),
    route("cart/add/", cart.add, name="cart_add", access=P.ORDER),
    route("cart/update/", cart.update, name="cart_update", access=P.ORDER),
    route("cart/clear/", cart.clear, name="cart_clear", access=P.ORDER),
    route("cart/prices/", cart.confirm, name="cart_prices", access=P.ORDER),
    route("cart/excel/", cartfiles.export, name="cart_excel", access=P.ORDER),
    route("cart/upload/", cartfiles.upload, name="cart_upload", access=P.ORDER),
    route("carts/", carts.carts, name="carts", access=P.ORDER),
    route("carts/menu/", carts.menu, name="cart_menu", access=P.ORDER),
    route("carts/new/", carts.create, name="cart_create", access=P.ORDER),
    route("carts/<int:pk>/", carts.act, name="cart_act", access=P.ORDER),
    route("lists/", lists.lists, name="lists", access=P.ORDER),
    route("lists/menu/", lists.menu, name="list_menu", access=P.ORDER),
    route("lists/new/", lists.create, name="list_create", access=P.ORDER),
    route("lists/add/", lists.add, name="list_add", access=P.ORDER),
    route("lists/<int:pk>/", lists.saved_list, name="list", access=P.ORDER),
    route("lists/<int:pk>/order/", lists.order_list, name="list_order", access=P.ORDER),
    route("checkout/", checkout.checkout, name="checkout", access=P.ORDER),
    route("checkout/po-number/", checkout.po_check, name="po_check", access=P.ORDER),
    route("checkout/outlets/", checkout.outlets, name="outlets", access=P.ORDER),
    route("checkout/send/", checkout.send, name="submit", access=P.ORDER),
    route("orders/", orders.orders, name="orders", access=P.SEE_OWN_ORDERS),
    route("orders/export/", orders.export, name="orders_export", access=P.SEE_OWN_ORDERS),
    route("orders/<str:number>/", orders.order, name="order", access=P.SEE_OWN_ORDERS),
    route("orders/<str:number>/sent/", checkout.confirmation, name="confirmation", access=P.SEE_OWN_ORDERS),
    route("orders/<str:number>/cancel/", orders.cancel_order, name="order_cancel", access=P.ORDER),
    route("orders/<str:number>/reorder/", orders.reorder, name="reorder", access=P.ORDER),
    route("orders/<str:number>/receipt/<int:pk>/", orders.receipt, name="receipt", access=P.CONFIRM_RECEIPT),
    route("statement/", money.statement, name="statement", access=P.SEE_OWN_STATEMENT),
    route("statement/excel/", money.statement_excel, name="statement_excel", access=P.SEE_OWN_STATEMENT),
    route("statement/pdf/", money.statement_pdf, name="statement_pdf", access=P.SEE_OWN_STATEMENT),
    route("documents/", money.documents, name="documents", access=P.SEE_OWN_STATEMENT),
    route("documents/<int:pk>/", money.document, name="document", access=P.SEE_OWN_STATEMENT),
    route("account/", account.account, name="account", access=P.BROWSE),
    route("account/item-numbers/", item_numbers.item_numbers, name="item_numbers", access=P.ORDER),
    route("account/item-numbers/import/", item_numbers.take_in, name="item_numbers_import", access=P.ORDER),
    route("account/item-numbers/export/", item_numbers.export, name="item_numbers_export", access=P.ORDER),
    route("account/item-numbers/<int:pk>/", item_numbers.change, name="item_number", access=P.ORDER),
    route("account/members/", account.member_add, name="member_add", access=P.MANAGE_MEMBERS),
    route("account/members/<int:pk>/", account.member_change, name="member", access=P.MANAGE_MEMBERS),
]
