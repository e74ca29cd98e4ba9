"""The screens of the supplier's people."""

from __future__ import annotations

from django.urls import URLPattern

from portal.access.roles import Permission as P
from portal.access.routing import route
from portal.console import (
    dealer_page,
    dealer_people,
    dealer_terms,
    dealers,
    exceptions,
    home,
    imports,
    inbound_messages,
    messages,
    money,
    order_decisions,
    order_page,
    orders,
    people,
    price_check,
    prices,
    product_files,
    selling,
    selling_preview,
    supplier,
)

app_name = "console"

# Dealer numbers and list codes come from outside and may hold a slash; longer addresses stand before shorter ones.
urlpatterns: list[URLPattern] = [
    route("", home.home, name="home", access=P.SEE_ORDERS),
    route("review/", orders.review, name="review", access=P.APPROVE_ORDERS),
    route("orders/", orders.orders, name="orders", access=P.SEE_ORDERS),
    route("orders/export.xlsx", orders.orders_export, name="orders_export", access=P.SEE_ORDERS),
    route("orders/<str:number>/", order_page.order, name="order", access=P.SEE_ORDERS),
    route("orders/<str:number>/approve/", order_decisions.order_approve, name="order_approve", access=P.APPROVE_ORDERS),
    route("orders/<str:number>/reject/", order_decisions.order_reject, name="order_reject", access=P.APPROVE_ORDERS),
    route("orders/<str:number>/cancel/", order_decisions.order_cancel, name="order_cancel", access=P.APPROVE_ORDERS),
    route("dealers/", dealers.dealers, name="dealers", access=P.SEE_DEALERS),
    route("dealers/export.xlsx", dealers.dealers_export, name="dealers_export", access=P.SEE_DEALERS),
    route("dealers/<path:number>/terms/", dealer_terms.dealer_terms, name="dealer_terms", access=P.MANAGE_DEALERS),
    route(
        "dealers/<path:number>/members/",
        dealer_people.dealer_member_add,
        name="dealer_member_add",
        access=P.MANAGE_DEALERS,
    ),
    route(
        "dealers/<path:number>/members/<int:pk>/invite/",
        dealer_people.dealer_member_invite,
        name="dealer_member_invite",
        access=P.MANAGE_DEALERS,
    ),
    route(
        "dealers/<path:number>/members/<int:pk>/end/",
        dealer_people.dealer_member_end,
        name="dealer_member_end",
        access=P.MANAGE_DEALERS,
    ),
    route("dealers/<path:number>/", dealer_page.dealer, name="dealer", access=P.SEE_DEALERS),
    route("prices/", prices.price_lists, name="price_lists", access=P.SEE_PRICES),
    route("prices/check/", price_check.price_check, name="price_check", access=P.SEE_PRICES),
    route("one-off-prices/", exceptions.exceptions, name="exceptions", access=P.SEE_PRICES),
    route("one-off-prices/new/", exceptions.exception_request, name="exception_request", access=P.REQUEST_PRICES),
    route("one-off-prices/<int:pk>/", exceptions.exception, name="exception", access=P.SEE_PRICES),
    route(
        "one-off-prices/<int:pk>/approve/",
        exceptions.exception_approve,
        name="exception_approve",
        access=P.DECIDE_PRICES,
    ),
    route(
        "one-off-prices/<int:pk>/refuse/", exceptions.exception_refuse, name="exception_refuse", access=P.DECIDE_PRICES
    ),
    route("one-off-prices/<int:pk>/end/", exceptions.exception_end, name="exception_end", access=P.DECIDE_PRICES),
    route("prices/<path:code>/export.xlsx", prices.price_list_export, name="price_list_export", access=P.SEE_PRICES),
    route("prices/<path:code>/", prices.price_list, name="price_list", access=P.SEE_PRICES),
    route("selling/", selling.selling_home, name="selling_home", access=P.SEE_PRICES),
    route("selling/preview/", selling_preview.selling_preview, name="selling_preview", access=P.SEE_PRICES),
    route("selling/<slug:kind>/", selling.selling, name="selling", access=P.SEE_PRICES),
    route("selling/<slug:kind>/add/", selling.selling_add, name="selling_add", access=P.MANAGE_DEALERS),
    route("selling/<slug:kind>/<int:pk>/", selling.selling_rule, name="selling_rule", access=P.SEE_PRICES),
    route(
        "selling/<slug:kind>/<int:pk>/remove/", selling.selling_remove, name="selling_remove", access=P.MANAGE_DEALERS
    ),
    route("statements/", money.statements, name="statements", access=P.SEE_STATEMENTS),
    route("statements/export.xlsx", money.statements_export, name="statements_export", access=P.SEE_STATEMENTS),
    route("statements/<path:number>/excel/", money.statement_excel, name="statement_excel", access=P.SEE_STATEMENTS),
    route("statements/<path:number>/pdf/", money.statement_pdf, name="statement_pdf", access=P.SEE_STATEMENTS),
    route("statements/<path:number>/", money.statement, name="statement", access=P.SEE_STATEMENTS),
    route("documents/", money.documents, name="documents", access=P.SEE_STATEMENTS),
    route("documents/<int:pk>/", money.document, name="document", access=P.SEE_STATEMENTS),
    route("imports/", imports.imports, name="imports", access=P.IMPORT_DATA),
    route("imports/new/", imports.new, name="import_new", access=P.IMPORT_DATA),
    route("imports/templates/<slug:kind>.xlsx", imports.template, name="import_template", access=P.IMPORT_DATA),
    route("imports/<int:job_id>/", imports.job, name="import_job", access=P.IMPORT_DATA),
    route("imports/<int:job_id>/columns/", imports.columns, name="import_map", access=P.IMPORT_DATA),
    route("imports/<int:job_id>/progress/", imports.progress, name="import_progress", access=P.IMPORT_DATA),
    route("imports/<int:job_id>/refused/", imports.refused, name="import_refused", access=P.IMPORT_DATA),
    route("product-files/", product_files.product_files, name="product_files", access=P.KEEP_CATALOGUE),
    route(
        "product-files/<int:pk>/remove/",
        product_files.product_file_remove,
        name="product_file_remove",
        access=P.KEEP_CATALOGUE,
    ),
    route("messages/", messages.messages, name="messages", access=P.SEE_MESSAGES),
    route("messages/<int:pk>/", messages.message, name="message", access=P.SEE_MESSAGES),
    route("messages/<int:pk>/order.xml", messages.message_xml, name="message_xml", access=P.SEE_MESSAGES),
    route("messages/<int:pk>/replay/", messages.message_replay, name="message_replay", access=P.REPLAY_MESSAGES),
    route("messages/<int:pk>/again/", messages.message_send_again, name="message_send_again", access=P.REPLAY_MESSAGES),
    route("messages/<int:pk>/park/", messages.message_park, name="message_park", access=P.REPLAY_MESSAGES),
    route("messages/inbound/", inbound_messages.inbound_messages, name="inbound_messages", access=P.SEE_MESSAGES),
    route(
        "messages/inbound/<int:pk>/", inbound_messages.inbound_message, name="inbound_message", access=P.SEE_MESSAGES
    ),
    route(
        "messages/inbound/<int:pk>/content/",
        inbound_messages.inbound_content,
        name="inbound_content",
        access=P.SEE_MESSAGES,
    ),
    route(
        "messages/inbound/<int:pk>/apply/",
        inbound_messages.inbound_apply,
        name="inbound_apply",
        access=P.REPLAY_MESSAGES,
    ),
    route(
        "messages/inbound/<int:pk>/dismiss/",
        inbound_messages.inbound_dismiss,
        name="inbound_dismiss",
        access=P.REPLAY_MESSAGES,
    ),
    route("people/", people.people, name="people", access=P.MANAGE_SUPPLIER),
    route("people/add/", people.person_add, name="person_add", access=P.MANAGE_SUPPLIER),
    route("people/<int:pk>/invite/", people.person_invite, name="person_invite", access=P.MANAGE_SUPPLIER),
    route("people/<int:pk>/close/", people.person_close, name="person_close", access=P.MANAGE_SUPPLIER),
    route("supplier/", supplier.supplier, name="supplier", access=P.MANAGE_SUPPLIER),
]
