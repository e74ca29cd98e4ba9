"""The tables of allocation: terms and territories, sourcing rules and decisions, offers and what was accepted."""

from __future__ import annotations

from fulfilment.allocation.contractmodels import AllocationChange as AllocationChange
from fulfilment.allocation.contractmodels import ConsumerCampaign as ConsumerCampaign
from fulfilment.allocation.contractmodels import ConsumerContract as ConsumerContract
from fulfilment.allocation.contractmodels import ConsumerTerms as ConsumerTerms
from fulfilment.allocation.contractmodels import OnlineTerms as OnlineTerms
from fulfilment.allocation.contractmodels import OutletDay as OutletDay
from fulfilment.allocation.contractmodels import OutletException as OutletException
from fulfilment.allocation.contractmodels import OutletService as OutletService
from fulfilment.allocation.contractmodels import ProtectedMargin as ProtectedMargin
from fulfilment.allocation.contractmodels import ProtectedTerritory as ProtectedTerritory
from fulfilment.allocation.contractmodels import ProtectionKind as ProtectionKind
from fulfilment.allocation.contractmodels import SellingModel as SellingModel
from fulfilment.allocation.offermodels import OF_STOCK as OF_STOCK
from fulfilment.allocation.offermodels import Allocation as Allocation
from fulfilment.allocation.offermodels import AllocationLine as AllocationLine
from fulfilment.allocation.offermodels import AllocationState as AllocationState
from fulfilment.allocation.offermodels import DealerScore as DealerScore
from fulfilment.allocation.offermodels import DeclineReason as DeclineReason
from fulfilment.allocation.offermodels import LeftLine as LeftLine
from fulfilment.allocation.offermodels import LineFate as LineFate
from fulfilment.allocation.offermodels import Offer as Offer
from fulfilment.allocation.offermodels import OfferLine as OfferLine
from fulfilment.allocation.offermodels import OfferState as OfferState
from fulfilment.allocation.offermodels import OfferStep as OfferStep
from fulfilment.allocation.offermodels import UnclaimRequest as UnclaimRequest
from fulfilment.allocation.rulemodels import Cause as Cause
from fulfilment.allocation.rulemodels import Decision as Decision
from fulfilment.allocation.rulemodels import ExhaustedChoice as ExhaustedChoice
from fulfilment.allocation.rulemodels import OfferModeChoice as OfferModeChoice
from fulfilment.allocation.rulemodels import RuleSet as RuleSet
from fulfilment.allocation.rulemodels import RuleSetState as RuleSetState
from fulfilment.allocation.rulemodels import SourcingRule as SourcingRule
